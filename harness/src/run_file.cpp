#include "run_file.hpp"

#include <algorithm>
#include <set>

#include "anchors.hpp"
#include "build_info.hpp"
#include "fields.hpp"
#include "text.hpp"

namespace flowbench {
namespace {

void add_google_benchmark(const GoogleBenchmark& row, Json& json) {
  json["kind"] = "google_benchmark";
  if (!row.version.empty()) json["version"] = row.version;
  if (row.build) json["build"] = to_json(*row.build);
  if (row.allow_debug_library) json["allow_debug_library"] = true;
  if (!row.anchors.empty()) json["anchors"] = to_json(row.anchors);
}

Json subject_json(const Subject& subject) {
  const SubjectRow& row = subject.row;
  Json json{{"id", row.id},
            {"title", row.title},
            {"language", row.language},
            {"note", row.note},
            {"command", subject.command}};
  if (subject.sha256) json["sha256"] = *subject.sha256;
  if (subject.description) {
    json["version"] = subject.description->version;
    json["build"] = to_json(subject.description->build);
  }
  if (row.google_benchmark) add_google_benchmark(*row.google_benchmark, json);
  json["status"] = name(subject.trouble == Status::not_built ? Status::not_built : Status::ok);
  if (!subject.reason.empty()) json["reason"] = subject.reason;
  if (row.reference) json["reference"] = true;
  if (row.baseline) json["baseline"] = true;
  if (row.oracle) json["oracle"] = true;
  if (row.external) json["external"] = true;
  if (row.control) json["control"] = true;
  if (subject.description) {
    json["unsupported"] = Json(subject.description->unsupported);
    if (!subject.description->unlike.empty()) json["unlike"] = Json(subject.description->unlike);
  }
  return json;
}

Json to_json(const PairArm& pair) {
  Json json{{"id", pair.id}, {"arm", pair.arm}};
  if (!pair.title.empty()) json["title"] = pair.title;
  return json;
}

Json workload_json(const Workload& workload) {
  return {{"id", workload.id},
          {"title", workload.title},
          {"task", workload.task},
          {"holds", workload.holds},
          {"answer", workload.answer}};
}

// Runs `read` for each object of a list and says which one a FieldError is about.
template <typename Read>
void each(const Fields& fields, const char* key, Read read) {
  std::size_t number = 0;
  for (const Json& item : fields.array(key)) {
    ++number;
    try {
      read(Fields(item));
    } catch (const FieldError& error) {
      throw FieldError(std::string(key) + " " + std::to_string(number) + ": " + error.what());
    }
  }
}

std::vector<std::string> read_words(const Fields& fields, const char* key) {
  std::vector<std::string> words;
  for (const Json& word : fields.array(key)) {
    if (!word.is_string()) throw FieldError("'" + std::string(key) + "' is not a list of strings");
    words.push_back(word.get<std::string>());
  }
  return words;
}

void check_cpu_list(const Fields& fields, const char* key) {
  std::set<std::uint64_t> seen;
  for (const Json& cpu : fields.array(key)) {
    if (!cpu.is_number_unsigned() || !seen.insert(cpu.get<std::uint64_t>()).second) {
      throw FieldError("'" + std::string(key) + "' is not a list of CPU numbers");
    }
  }
}

bool is_hex_digest(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

void check_digest(const Fields& fields, const char* key) {
  if (!is_hex_digest(fields.text(key))) throw FieldError("'" + std::string(key) + "' is not a SHA-256 in hexadecimal");
}

void check_build(const Fields& build) {
  static_cast<void>(build.text("compiler"));
  static_cast<void>(build.text("flags"));
}

std::string check_subject(const Fields& subject) {
  const std::string id = subject.id("id");
  for (const char* key : {"title", "language"}) static_cast<void>(subject.line(key));
  static_cast<void>(subject.text("note"));
  static_cast<void>(read_words(subject, "command"));
  const std::string status = subject.text("status");
  if (status != "ok" && status != "not_built") throw FieldError("'status' is neither ok nor not_built");
  if (subject.has("sha256")) check_digest(subject, "sha256");
  for (const char* key : {"version", "reason"}) {
    if (subject.has(key)) static_cast<void>(subject.text(key));
  }
  if (subject.has("build")) check_build(subject.object("build"));
  for (const char* key : {"reference", "baseline", "oracle", "external", "control", "allow_debug_library"}) {
    static_cast<void>(subject.flag(key));
  }
  if (subject.has("kind") && subject.text("kind") != "google_benchmark") {
    throw FieldError("'kind' is not google_benchmark");
  }
  if (subject.has("anchors")) static_cast<void>(read_anchors(subject.any("anchors")));
  const auto unsupported = subject.optional_reasons("unsupported");
  for (const auto& [workload, why] : subject.optional_reasons("unlike")) {
    if (unsupported.contains(workload)) throw FieldError("'unlike' names '" + workload + "', which is unsupported");
  }
  return id;
}

void check_environment(const Fields& environment) {
  for (const char* key : {"cpu_model", "kernel", "os", "clocksource", "cgroup"}) {
    static_cast<void>(environment.text(key));
  }
  static_cast<void>(environment.count("cpus_online", 1));
  for (const char* key : {"memory_bytes", "load1_milli", "steal_ns"}) static_cast<void>(environment.count(key));
  check_cpu_list(environment, "cpus_allowed");
  static_cast<void>(environment.any("aslr"));
  static_cast<void>(read_words(environment, "warnings"));
  if (environment.has("checks")) {
    each(environment, "checks", [](const Fields& check) {
      static_cast<void>(check.id("id"));
      static_cast<void>(check.line("seen"));
      static_cast<void>(check.text("advice"));
      const std::string verdict = check.text("verdict");
      if (std::find(fitness_names.begin(), fitness_names.end(), verdict) == fitness_names.end()) {
        throw FieldError("'verdict' is neither good, note, bad nor unknown");
      }
    });
  }
  for (const auto& [tool, version] : environment.any("tools").items()) {
    if (!version.is_string()) throw FieldError("'tools' does not map " + one_line(tool, 40) + " to a version");
  }
}

PairArm read_pair(const Fields& fields) {
  PairArm pair{.id = fields.line("id"), .arm = fields.text("arm"), .title = fields.optional_line("title").value_or("")};
  if (pair.arm != "base" && pair.arm != "candidate") throw FieldError("'arm' is neither base nor candidate");
  return pair;
}

void check_benchmark_case(const Fields& one, const std::set<std::string>& subjects, RunFile& run) {
  const std::string subject = one.id("subject");
  static_cast<void>(one.count("rounds", 1, any_u32));
  static_cast<void>(one.optional_line("why"));
  if (!subjects.contains(subject)) throw FieldError("'subject' is not in the list of subjects");
  if (!run.benchmarks.emplace(subject, one.line("benchmark")).second) throw FieldError("appears twice");
}

void check_plan(const Fields& plan, const std::set<std::string>& subjects, const std::set<std::string>& workloads,
                RunFile& run) {
  static_cast<void>(plan.count("rounds", 1, any_u32));
  static_cast<void>(plan.count("phases", 1, any_u32));
  static_cast<void>(plan.count("warmup", 0, any_u32));
  static_cast<void>(plan.count("workers", 1, any_u32));
  static_cast<void>(plan.count("timeout_ms"));
  const std::string order = plan.text("order");
  if (order != "random" && order != "round-robin" && order != "batch") throw FieldError("'order' is unknown");
  check_cpu_list(plan, "affinity");
  run.planned_trials = plan.count("trials");
  if (plan.has("min_time_ms")) static_cast<void>(plan.count("min_time_ms"));
  each(plan, "cases", [&](const Fields& one) {
    if (one.has("benchmark")) {
      check_benchmark_case(one, subjects, run);
      return;
    }
    const RunFile::CaseKey key{one.id("subject"), one.id("workload"), one.count("tasks", 1, most_tasks),
                               one.count("workers", 1, any_u32)};
    static_cast<void>(one.count("rounds", 1, any_u32));
    static_cast<void>(one.optional_line("why"));
    if (!subjects.contains(key.subject)) throw FieldError("'subject' is not in the list of subjects");
    if (!workloads.contains(key.workload)) throw FieldError("'workload' is not in the list of workloads");
    if (!run.phases_of_case.emplace(key, one.count("phases", 1, any_u32)).second) throw FieldError("appears twice");
  });
}

} // namespace

Json make_run_json(const RunIdentity& identity, const Plan& plan, const Answers& answers,
                   const std::vector<Subject>& subjects, const Catalog& catalog, const Environment& environment) {
  Json oracle = Json::array();
  for (const auto& [key, answer] : answers) {
    oracle.push_back({{"workload", key.first}, {"tasks", key.second}, {"answer", std::to_string(answer)}});
  }
  Json subject_list = Json::array();
  for (const Subject& subject : subjects) subject_list.push_back(subject_json(subject));
  Json workload_list = Json::array();
  for (const Workload& workload : catalog.workloads) {
    const bool used =
        std::any_of(plan.cases.begin(), plan.cases.end(), [&](const Case& one) { return one.workload == workload.id; });
    if (used) workload_list.push_back(workload_json(workload));
  }
  Json json{{"v", 1},
            {"kind", "run"},
            {"id", identity.id},
            {"created", identity.created},
            {"command", identity.command},
            {"seed", std::to_string(plan.options.seed)},
            {"answer_seed", std::to_string(answer_seed(plan.options.seed))},
            {"plan", to_json(plan)},
            {"oracle", std::move(oracle)},
            {"subjects", std::move(subject_list)},
            {"workloads", std::move(workload_list)},
            {"environment", to_json(environment)},
            {"tool",
             {{"name", "flowbench"},
              {"version", build_info.version},
              {"commit", build_info.commit},
              {"dirty", build_info.dirty}}},
            {"catalog_sha256", catalog.sha256}};
  if (identity.pair) json["pair"] = to_json(*identity.pair);
  return json;
}

RunFile read_run(const Json& document) {
  const Fields fields(document);
  fields.expect_version();
  if (fields.text("kind") != "run") throw FieldError("'kind' is not \"run\"");
  RunFile run;
  run.id = fields.line("id");
  run.created = fields.line("created");
  run.command = read_words(fields, "command");
  if (run.command.empty()) throw FieldError("'command' is empty");
  static_cast<void>(fields.decimal("seed"));
  static_cast<void>(fields.decimal("answer_seed"));
  std::set<std::string> subjects;
  each(fields, "subjects", [&](const Fields& subject) {
    if (!subjects.insert(check_subject(subject)).second) throw FieldError("'id' appears twice");
  });
  std::set<std::string> workloads;
  each(fields, "workloads", [&](const Fields& workload) {
    for (const char* key : {"title", "task", "holds", "answer"}) static_cast<void>(workload.line(key));
    if (!workloads.insert(workload.id("id")).second) throw FieldError("'id' appears twice");
  });
  each(fields, "oracle", [&](const Fields& answer) {
    const Answers::key_type key{answer.id("workload"), answer.count("tasks", 1, most_tasks)};
    if (!run.answers.emplace(key, answer.decimal("answer")).second) throw FieldError("appears twice");
  });
  check_plan(fields.object("plan"), subjects, workloads, run);
  check_environment(fields.object("environment"));
  const Fields tool = fields.object("tool");
  for (const char* key : {"name", "version", "commit"}) static_cast<void>(tool.text(key));
  static_cast<void>(tool.boolean("dirty"));
  check_digest(fields, "catalog_sha256");
  if (fields.has("pair")) run.pair = read_pair(fields.object("pair"));
  return run;
}

namespace {

// A short name for an element of a list: its id, or its number.
std::string element_name(const Json& element, std::size_t number) {
  if (element.is_object() && element.contains("id")) return element["id"].get<std::string>();
  return std::to_string(number + 1);
}

std::string shown(const Json& value) { return one_line(json_line(value), 60); }

std::string difference(const Json& a, const Json& b) {
  if (a == b) return {};
  if (a.is_object() && b.is_object()) {
    for (const auto& [key, value] : a.items()) {
      if (!b.contains(key)) return key + " is gone";
      const std::string inner = difference(value, b[key]);
      if (!inner.empty()) return std::string(key).append(": ").append(inner);
    }
    for (const auto& [key, value] : b.items()) {
      if (!a.contains(key)) return key + " is new";
    }
    return {}; // the same keys in another order
  }
  if (a.is_array() && b.is_array() && a.size() == b.size()) {
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (const std::string inner = difference(a[i], b[i]); !inner.empty()) {
        return element_name(a[i], i) + ": " + inner;
      }
    }
  }
  return "was " + shown(a) + ", is now " + shown(b);
}

} // namespace

std::string find_plan_difference(const Json& stored, const Json& now) {
  for (const char* key : {"catalog_sha256", "seed", "answer_seed", "subjects", "workloads", "plan"}) {
    if (const std::string found = difference(stored.at(key), now.at(key)); !found.empty()) {
      return std::string(key) + ": " + found;
    }
  }
  if (const std::string found = difference(stored["tool"]["version"], now["tool"]["version"]); !found.empty()) {
    return "flowbench version: " + found;
  }
  for (const char* key : {"cpu_model", "cpus_online", "cpus_allowed", "memory_bytes", "kernel"}) {
    if (const std::string found = difference(stored["environment"][key], now["environment"][key]); !found.empty()) {
      return "machine: " + std::string(key) + ": " + found;
    }
  }
  return {};
}

} // namespace flowbench
