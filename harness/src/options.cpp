#include "options.hpp"

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

} // namespace

std::vector<std::string> command_to_repeat(const PlanOptions& options) {
  std::vector<std::string> words{"flowbench", "run"};
  const auto add = [&](const char* option, const std::string& value) {
    if (value.empty()) return;
    words.emplace_back(option);
    words.push_back(value);
  };
  for (const std::filesystem::path& manifest : options.manifests) {
    add("--subject", std::filesystem::absolute(manifest).lexically_normal().string());
  }
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
  if (options.catalog != build_info.catalog) add("--catalog", std::filesystem::absolute(options.catalog).string());
  if (!options.budgets) words.emplace_back("--no-budget");
  return words;
}

} // namespace flowbench
