#include "options.hpp"

#include <algorithm>
#include <set>

#include "build_info.hpp"
#include "numbers.hpp"
#include "text.hpp"

namespace flowbench {
namespace {

std::string comma_list(const std::vector<std::uint64_t>& numbers) {
  std::vector<std::string> words;
  for (const std::uint64_t number : numbers) words.push_back(std::to_string(number));
  return join(words, ",");
}

// Options with their values, as words.
class Words {
 public:
  explicit Words(std::vector<std::string> words) : words_(std::move(words)) {}

  void add(const char* option, const std::string& value) {
    if (value.empty()) return;
    words_.emplace_back(option);
    words_.push_back(value);
  }

  void add_path(const char* option, const std::filesystem::path& path) {
    add(option, std::filesystem::absolute(path).lexically_normal().string());
  }

  // All but the manifests.
  void add_plan(const PlanOptions& options) {
    add("--subjects", join(options.subjects, ","));
    add("--workloads", join(options.workloads, ","));
    add("--filter", options.filter);
    add("--tasks", comma_list(options.tasks));
    add("--workers", comma_list(options.workers));
    add("--rounds", std::to_string(options.rounds));
    add("--phases", std::to_string(options.phases));
    add("--warmup", std::to_string(options.warmup));
    add("--timeout", seconds_text(options.timeout));
    add("--min-time", seconds_text(options.min_time));
    add("--order", std::string(name(options.order)));
    add("--seed", std::to_string(options.seed));
    add("--affinity", cpu_list_text(options.affinity));
    if (options.memory_limit) add("--memory-limit", std::to_string(*options.memory_limit));
    if (options.process_limit) add("--process-limit", std::to_string(*options.process_limit));
    if (options.catalog != build_info.catalog) add("--catalog", std::filesystem::absolute(options.catalog).string());
    if (options.retries != PlanOptions().retries) add("--retries", std::to_string(options.retries));
    std::vector<std::string> tolerated;
    for (const Disturbance kind : options.tolerated) tolerated.emplace_back(name(kind));
    add("--tolerate", join(tolerated, ","));
    if (!options.budgets) words_.emplace_back("--no-budget");
  }

  [[nodiscard]] std::vector<std::string> take() { return std::move(words_); }

 private:
  std::vector<std::string> words_;
};

bool contains(const std::vector<std::filesystem::path>& paths, const std::filesystem::path& path) {
  return std::find(paths.begin(), paths.end(), path) != paths.end();
}

// A manifest of both arms is a path; one that each arm has in its own folder, or only one arm has, is an id.
void add_manifests(const PairOptions& options, Words& words) {
  std::set<std::string> ids;
  for (const ArmOptions* arm : {&options.base, &options.candidate}) {
    const bool is_base = arm == &options.base;
    const auto& others = (is_base ? options.candidate : options.base).plan.manifests;
    for (const std::filesystem::path& manifest : arm->plan.manifests) {
      if (!contains(others, manifest)) {
        ids.insert(manifest.stem().string());
      } else if (is_base) {
        words.add_path("--subject", manifest);
      }
    }
  }
  for (const std::string& id : ids) words.add("--subject", id);
}

} // namespace

std::vector<std::string> command_to_repeat(const PlanOptions& options) {
  Words words({"flowbench", "run"});
  for (const std::filesystem::path& manifest : options.manifests) words.add_path("--subject", manifest);
  words.add_plan(options);
  return words.take();
}

std::vector<std::string> command_to_repeat(const PairOptions& options) {
  Words words({"flowbench", "pair"});
  words.add_path("--base-subjects", options.base.subjects);
  words.add_path("--base-catalog", options.base.plan.catalog);
  words.add("--base-title", options.base.title);
  words.add_path("--candidate-subjects", options.candidate.subjects);
  words.add("--candidate-title", options.candidate.title);
  add_manifests(options, words);
  words.add_plan(options.candidate.plan);
  return words.take();
}

} // namespace flowbench
