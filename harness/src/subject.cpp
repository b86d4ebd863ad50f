#include "subject.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "files.hpp"
#include "judge.hpp"
#include "protocol.hpp"
#include "sha256.hpp"
#include "text.hpp"

namespace flowbench {
namespace {

constexpr std::chrono::seconds describe_timeout{10};

bool is_executable_file(const fs::path& file) {
  struct stat status{};
  return stat(file.c_str(), &status) == 0 && S_ISREG(status.st_mode) && access(file.c_str(), X_OK) == 0;
}

// As a shell would find it: a word with a '/' is a path, another is looked up in PATH.
fs::path find_program(const std::string& word) {
  if (word.find('/') != std::string::npos) return word;
  const char* const path = std::getenv("PATH");
  for (const std::string& folder : split(path != nullptr ? path : "", ':')) {
    const fs::path candidate = fs::path(folder) / word;
    if (!folder.empty() && is_executable_file(candidate)) return fs::absolute(candidate);
  }
  return word;
}

void not_built(Subject& subject, const std::string& reason) {
  subject.trouble = Status::not_built;
  subject.reason = one_line(reason);
}

void locate_in_folder(Subject& subject, const fs::path& folder) {
  const fs::path file = folder / subject.row.id;
  subject.command = {file.string()};
  if (const std::optional<std::string> why = read_system_file(folder / (subject.row.id + ".not_built"))) {
    not_built(subject, trim(*why).empty() ? "its build failed" : *why);
    return;
  }
  std::error_code error;
  if (!fs::exists(file, error)) not_built(subject, file.string() + " does not exist; build the project first");
}

void ask_for_benchmarks(Subject& subject, Executor& executor, Launch launch) {
  const std::vector<std::string> arguments = list_arguments();
  launch.command.insert(launch.command.end(), arguments.begin(), arguments.end());
  const ProcessOutcome outcome = executor.run(launch);
  Verdict verdict = judge_process(outcome).value_or(Verdict{});
  if (verdict.status == Status::ok) {
    subject.benchmarks = read_list(outcome.out.text());
    if (outcome.out.is_whole() && !subject.benchmarks.empty()) return;
    verdict = {Status::protocol_error,
               outcome.out.is_whole() ? "it named none"
                                      : "more than " + std::to_string(2 * CappedLog::part_bytes) + " bytes of names"};
    subject.benchmarks.clear();
  }
  subject.trouble = verdict.status;
  subject.reason = (verdict.status == Status::launch_failed ? "" : "its benchmarks could not be listed: ") +
                   std::move(verdict.reason);
}

} // namespace

std::optional<FileIdentity> file_identity(const fs::path& file) {
  struct stat status{};
  if (stat(file.c_str(), &status) != 0) return std::nullopt;
  return FileIdentity{status.st_dev, status.st_ino, static_cast<std::uint64_t>(status.st_size),
                      status.st_ctim.tv_sec * 1'000'000'000 + status.st_ctim.tv_nsec};
}

std::optional<std::string> Subject::why_unsupported(const std::string& workload) const {
  if (!description) return std::nullopt;
  const auto named = description->unsupported.find(workload);
  if (named != description->unsupported.end()) return one_line(named->second);
  const auto& ids = description->workloads;
  if (std::find(ids.begin(), ids.end(), workload) != ids.end()) return std::nullopt;
  return "it does not have this workload";
}

std::optional<std::string> Subject::why_unlike(const std::string& workload) const {
  if (!description) return std::nullopt;
  const auto named = description->unlike.find(workload);
  return named == description->unlike.end() ? std::nullopt : std::optional(one_line(named->second));
}

bool Subject::takes_option(const std::string& option) const {
  return description &&
         std::find(description->options.begin(), description->options.end(), option) != description->options.end();
}

Subject locate_subject(const SubjectRow& row, const fs::path& folder) {
  Subject subject;
  subject.row = row;
  if (row.external) {
    subject.command = row.command;
    subject.command[0] = find_program(row.command[0]).string();
  } else {
    locate_in_folder(subject, folder);
  }
  if (subject.can_run()) {
    subject.identity = file_identity(subject.command[0]);
    subject.sha256 = sha256_of_file(subject.command[0]);
  }
  return subject;
}

void ask_subject(Subject& subject, Executor& executor, const std::vector<int>& cpus, std::uint64_t workers) {
  if (!subject.can_run()) return;
  Launch launch{.command = subject.command, .workers = workers, .cpus = cpus, .timeout = describe_timeout};
  if (subject.row.google_benchmark) {
    ask_for_benchmarks(subject, executor, std::move(launch));
    return;
  }
  launch.command.emplace_back("--describe");
  const ProcessOutcome outcome = executor.run(launch);
  Conversation conversation = read_description_stream(outcome.result);
  Conversation well_formed; // judge() asks about trials; of a --describe only the process and the stream count
  well_formed.error = conversation.error;
  well_formed.unsupported = Unsupported{};
  const Verdict verdict = judge(outcome, well_formed, {});
  if (verdict.status == Status::launch_failed) {
    subject.trouble = verdict.status;
    subject.reason = verdict.reason;
  } else if (verdict.status == Status::unsupported) {
    subject.description = std::move(conversation.description);
  } else {
    subject.warning = "--describe of " + subject.row.id + " failed (" + std::string(name(verdict.status)) + ": " +
                      verdict.reason + "); its cases are tried all the same";
  }
}

} // namespace flowbench
