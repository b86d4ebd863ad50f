#include "selection.hpp"

#include <algorithm>

#include "cpus.hpp"
#include "failure.hpp"
#include "numbers.hpp"
#include "suggest.hpp"
#include "text.hpp"

namespace flowbench {
namespace {

bool contains(const std::vector<std::string>& ids, const std::string& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

void add_new(const std::vector<std::string>& ids, std::vector<std::string>& all) {
  for (const std::string& id : ids) {
    if (!contains(all, id)) all.push_back(id);
  }
}

void expect_known(const char* what, const std::vector<std::string>& ids, const std::vector<std::string>& known) {
  for (const std::string& id : ids) {
    if (!contains(known, id)) throw UsageFailure(unknown_name(what, id, known));
  }
}

} // namespace

std::filesystem::path manifest_path(const std::string& word, const std::filesystem::path& subjects) {
  std::filesystem::path file = std::filesystem::absolute(word).lexically_normal();
  std::filesystem::path built = subjects / (word + ".json");
  std::error_code error;
  return is_id(word) && !std::filesystem::exists(file, error) && std::filesystem::exists(built, error) ? built : file;
}

Catalog load_catalog_with(const std::filesystem::path& file, const std::vector<std::filesystem::path>& manifests) {
  Catalog catalog = load_catalog(file);
  for (const std::filesystem::path& manifest : manifests) {
    SubjectRow row = load_manifest(manifest);
    if (contains(catalog.subject_ids(), row.id)) {
      throw UsageFailure(manifest.string() + ": the id '" + row.id + "' is taken; choose another");
    }
    catalog.subjects.push_back(std::move(row));
  }
  return catalog;
}

void expect_known_ids(const PlanOptions& options, const std::vector<const Catalog*>& catalogs) {
  std::vector<std::string> subjects, workloads;
  for (const Catalog* catalog : catalogs) {
    add_new(catalog->subject_ids(), subjects);
    add_new(catalog->workload_ids(), workloads);
  }
  expect_known("subject", options.subjects, subjects);
  expect_known("workload", options.workloads, workloads);
}

void resolve_options(PlanOptions& options, const Catalog& catalog, const std::vector<int>& cpus,
                     std::optional<std::uint64_t> quota) {
  for (const int cpu : options.affinity) {
    if (std::find(cpus.begin(), cpus.end(), cpu) == cpus.end()) {
      throw UsageFailure("--affinity: CPU " + std::to_string(cpu) + " is not one that this process may use (" +
                         cpu_list_text(cpus) + ")");
    }
  }
  if (options.tasks.empty()) options.tasks = catalog.tasks;
  if (options.workers.empty()) {
    options.workers = {usable_cpus(options.affinity.empty() ? cpus.size() : options.affinity.size(), quota)};
  }
}

std::vector<SubjectRow> selected_subjects(const PlanOptions& options, const Catalog& catalog) {
  std::vector<SubjectRow> rows;
  for (const SubjectRow& row : catalog.subjects) {
    if (row.external || options.subjects.empty() || contains(options.subjects, row.id)) rows.push_back(row);
  }
  return rows;
}

} // namespace flowbench
