// One more run of a case, outside the measured rounds, in which the subject writes down what its runtime does.
#pragma once

#include <filesystem>
#include <string>

#include "arm.hpp"

namespace flowbench {

/// The optional option of the contract that a subject announces in its --describe.
inline constexpr const char* trace_option = "trace";

struct TracedCase {
  std::string path; // of the case
  Status status = Status::ok;
  std::string reason;         // one line, empty when ok
  std::filesystem::path file; // of a good one

  /// One line for people.
  [[nodiscard]] std::string text() const;
};

/// The case of the plan that `named` means: subject/workload/tasks, also with 10k for 10000; with the first number of workers where
/// there are several. Throws UsageFailure with the nearest one.
[[nodiscard]] const Case& find_traced_case(const Plan& plan, const std::string& named);

/// Runs the case, and leaves the trace in `folder` when the run was good and the file is JSON with `traceEvents`; otherwise nothing.
/// That the machine disturbed it, or that tracing made it late, does not matter: no time of it counts.
[[nodiscard]] TracedCase trace_case(Executor& executor, const Arm& arm, const Case& one, const Conditions& conditions,
                                    const std::filesystem::path& folder);

/// `path` without what no file name should have: trace-subject-workload-tasks.json.
[[nodiscard]] std::string trace_file_name(const std::string& path);

/// What is wrong with a trace, in one line; empty when it is JSON with a list `traceEvents`.
[[nodiscard]] std::string find_trace_fault(const std::filesystem::path& file);

} // namespace flowbench
