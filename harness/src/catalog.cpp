#include "catalog.hpp"

#include <algorithm>
#include <set>

#include "failure.hpp"
#include "fields.hpp"
#include "files.hpp"
#include "sha256.hpp"
#include "text.hpp"

namespace flowbench {
namespace {

constexpr std::size_t largest_file = 4U << 20U;

struct Document {
  Json json;
  std::string sha256;
};

Document read_document(const fs::path& file) {
  const FileText content = read_regular_file(file, largest_file);
  if (!content.error.empty()) throw UsageFailure("cannot read " + file.string() + ": " + content.error);
  ParsedJson parsed = parse_strict(content.text);
  if (!parsed.error.empty()) throw UsageFailure(file.string() + ": " + parsed.error);
  return {std::move(parsed.value), sha256_hex(content.text)};
}

// Runs `read` and says where a FieldError came from.
template <typename Read>
auto in_place(const std::string& where, Read read) {
  try {
    return read();
  } catch (const FieldError& error) {
    throw FieldError(where + ": " + error.what());
  }
}

void read_in_flight(const Json& value, Rules& rules) {
  if (value.is_number_unsigned() && value.get<std::uint64_t>() >= 1 && value.get<std::uint64_t>() <= most_tasks) {
    rules.most_in_flight = value.get<std::uint64_t>();
  } else if (value == "tasks") {
    rules.all_in_flight = true;
  } else {
    throw FieldError("'max_in_flight' is neither \"tasks\" nor a number of tasks");
  }
}

std::vector<HistogramRule> read_histogram_rules(const Json& value) {
  constexpr std::uint64_t most_parts = 1000;
  if (!value.is_object()) throw FieldError("'histograms' is not an object");
  std::vector<HistogramRule> rules;
  for (const auto& [of, parts] : value.items()) {
    if (!is_line(of)) throw FieldError("'histograms' has a name that is not one line");
    if (!parts.is_number_unsigned() || parts.get<std::uint64_t>() < 1 || parts.get<std::uint64_t>() > most_parts) {
      throw FieldError("'histograms' does not give '" + of + "' a number of parts from 1 to " +
                       std::to_string(most_parts));
    }
    rules.push_back({of, parts.get<std::uint64_t>()});
  }
  if (rules.empty()) throw FieldError("'histograms' names none");
  return rules;
}

Rules read_rules(const Fields& fields) {
  Rules rules;
  if (fields.has("max_in_flight")) read_in_flight(fields.any("max_in_flight"), rules);
  if (fields.has("histogram")) rules.histograms = {{fields.line("histogram"), 1}};
  if (fields.has("histograms")) {
    if (fields.has("histogram")) throw FieldError("'histogram' and 'histograms' cannot both be there");
    rules.histograms = read_histogram_rules(fields.any("histograms"));
  }
  if (fields.has("min_wall_ns")) {
    for (const Json& step : fields.array("min_wall_ns")) {
      if (!step.is_array() || step.size() != 2 || !step[0].is_number_unsigned() || !step[1].is_number_unsigned()) {
        throw FieldError("'min_wall_ns' is not a list of [from tasks, ns]");
      }
      const auto from = step[0].get<std::uint64_t>();
      if (!rules.min_wall_ns.empty() && from <= rules.min_wall_ns.back().first) {
        throw FieldError("'min_wall_ns' does not rise");
      }
      rules.min_wall_ns.emplace_back(from, step[1].get<std::uint64_t>());
    }
  }
  return rules;
}

Workload read_workload(const Fields& fields) {
  Workload workload{.id = fields.id("id"),
                    .title = fields.line("title"),
                    .task = fields.line("task"),
                    .holds = fields.line("holds"),
                    .answer = fields.line("answer"),
                    .rules = {}};
  if (fields.has("rules")) workload.rules = in_place("rules", [&] { return read_rules(fields.object("rules")); });
  return workload;
}

Budget read_budget(const Fields& fields) {
  Budget budget;
  budget.min_tasks = fields.count("min_tasks", 1, most_tasks);
  budget.rounds = static_cast<std::uint32_t>(fields.count("rounds", 1, any_u32));
  budget.phases = static_cast<std::uint32_t>(fields.count("phases", 1, any_u32));
  budget.why = fields.line("why");
  if (fields.has("workloads")) {
    for (const Json& id : fields.array("workloads")) {
      if (!id.is_string() || !is_id(id.get_ref<const std::string&>())) {
        throw FieldError("'workloads' is not a list of ids");
      }
      budget.workloads.push_back(id.get<std::string>());
    }
  }
  return budget;
}

SubjectRow read_subject(const Fields& fields) {
  SubjectRow row;
  row.id = fields.id("id");
  row.title = fields.line("title");
  row.language = fields.line("language");
  if (fields.has("note")) row.note = fields.text("note");
  return row;
}

SubjectRow read_catalog_subject(const Fields& fields) {
  SubjectRow row = read_subject(fields);
  row.reference = fields.flag("reference");
  row.baseline = fields.flag("baseline");
  row.oracle = fields.flag("oracle");
  row.control = fields.flag("control");
  if (fields.has("budget")) {
    for (const Json& item : fields.array("budget")) row.budget.push_back(read_budget(Fields(item)));
  }
  return row;
}

void check_catalog(const Catalog& catalog) {
  std::set<std::string> ids;
  for (const std::string& id : catalog.subject_ids()) {
    if (!ids.insert(id).second) throw FieldError("subject '" + id + "' appears twice");
  }
  ids.clear();
  for (const std::string& id : catalog.workload_ids()) {
    if (!ids.insert(id).second) throw FieldError("workload '" + id + "' appears twice");
  }
  int oracles = 0;
  for (const SubjectRow& row : catalog.subjects) {
    if (row.oracle) ++oracles;
    for (const Budget& budget : row.budget) {
      for (const std::string& id : budget.workloads) {
        if (!ids.contains(id)) throw FieldError("budget of '" + row.id + "' names the unknown workload '" + id + "'");
      }
    }
  }
  if (oracles != 1) throw FieldError("needs exactly one subject with \"oracle\": true, has " + std::to_string(oracles));
}

// A path in a manifest starts from the manifest's folder.
fs::path from_folder(const fs::path& folder, const fs::path& path) { return (folder / path).lexically_normal(); }

std::optional<GoogleBenchmark> read_kind(const Fields& fields, const fs::path& folder) {
  const std::string kind = fields.optional_line("kind").value_or("contract");
  if (kind == "contract") return std::nullopt;
  if (kind != "google_benchmark") {
    throw FieldError("'kind' is '" + one_line(kind, 40) + "', neither contract nor google_benchmark");
  }
  GoogleBenchmark row;
  if (fields.has("version")) row.version = fields.text("version");
  if (fields.has("build")) row.build = read_build(fields);
  if (const std::optional<std::string> anchors = fields.optional_line("anchors")) {
    row.anchors = load_anchors(from_folder(folder, *anchors));
  }
  row.allow_debug_library = fields.flag("allow_debug_library");
  return row;
}

std::vector<std::string> read_command(const Fields& fields, const fs::path& folder) {
  std::vector<std::string> command;
  for (const Json& word : fields.array("command")) {
    // A NUL would silently cut the word short on its way to the program.
    if (!word.is_string() || word.get_ref<const std::string&>().find('\0') != std::string::npos) {
      throw FieldError("'command' is not a list of strings without NUL");
    }
    command.push_back(word.get<std::string>());
  }
  if (command.empty() || command[0].empty()) throw FieldError("'command' has no first word");
  if (command[0].find('/') != std::string::npos && command[0][0] != '/') {
    command[0] = from_folder(folder, command[0]).string();
  }
  return command;
}

} // namespace

std::uint64_t Rules::least_wall_ns(std::uint64_t tasks) const {
  std::uint64_t least = 0;
  for (const auto& [from, ns] : min_wall_ns) {
    if (tasks >= from) least = ns;
  }
  return least;
}

bool Budget::covers(const std::string& workload, std::uint64_t tasks) const {
  const bool named = workloads.empty() || std::find(workloads.begin(), workloads.end(), workload) != workloads.end();
  return named && tasks >= min_tasks;
}

const Workload* Catalog::workload(const std::string& id) const {
  for (const Workload& candidate : workloads) {
    if (candidate.id == id) return &candidate;
  }
  return nullptr;
}

const SubjectRow* Catalog::oracle() const {
  for (const SubjectRow& row : subjects) {
    if (row.oracle) return &row;
  }
  return nullptr;
}

std::vector<std::string> Catalog::subject_ids() const {
  std::vector<std::string> ids;
  for (const SubjectRow& row : subjects) ids.push_back(row.id);
  return ids;
}

std::vector<std::string> Catalog::workload_ids() const {
  std::vector<std::string> ids;
  for (const Workload& row : workloads) ids.push_back(row.id);
  return ids;
}

std::string find_difference(const Workload& a, const Workload& b) {
  if (a.task != b.task) return "task";
  if (a.holds != b.holds) return "holds";
  if (a.answer != b.answer) return "answer";
  return a.rules == b.rules ? "" : "rules";
}

Catalog load_catalog(const fs::path& file) {
  const Document document = read_document(file);
  try {
    const Fields fields(document.json);
    fields.expect_version();
    Catalog catalog;
    catalog.sha256 = document.sha256;
    for (const Json& tasks : fields.array("tasks")) {
      if (!tasks.is_number_unsigned() || tasks.get<std::uint64_t>() < 1 || tasks.get<std::uint64_t>() > most_tasks) {
        throw FieldError("'tasks' is not a list of numbers from 1 to " + std::to_string(most_tasks));
      }
      catalog.tasks.push_back(tasks.get<std::uint64_t>());
    }
    for (const Json& item : fields.array("workloads")) {
      const std::string where = "workload " + std::to_string(catalog.workloads.size() + 1);
      catalog.workloads.push_back(in_place(where, [&] { return read_workload(Fields(item)); }));
    }
    for (const Json& item : fields.array("subjects")) {
      const std::string where = "subject " + std::to_string(catalog.subjects.size() + 1);
      catalog.subjects.push_back(in_place(where, [&] { return read_catalog_subject(Fields(item)); }));
    }
    check_catalog(catalog);
    return catalog;
  } catch (const FieldError& error) {
    throw UsageFailure(file.string() + ": " + error.what());
  }
}

SubjectRow load_manifest(const fs::path& file) {
  const Document document = read_document(file);
  try {
    const Fields fields(document.json);
    fields.expect_version();
    SubjectRow row = read_subject(fields);
    const fs::path folder = fs::absolute(file).parent_path();
    row.command = read_command(fields, folder);
    row.google_benchmark = read_kind(fields, folder);
    row.external = true;
    return row;
  } catch (const FieldError& error) {
    throw UsageFailure(file.string() + ": " + error.what());
  }
}

} // namespace flowbench
