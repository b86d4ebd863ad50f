// How a Google Benchmark binary is asked, and what its output means: its command line, its list of names, its report.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "judge.hpp"
#include "measurement.hpp"

namespace flowbench {

/// Behind its command: print the names of all benchmarks, one a line.
[[nodiscard]] std::vector<std::string> list_arguments();

/// Behind its command: run exactly this benchmark once and write the report to the result channel. The process is the unit of
/// replication, so a repetition inside it would add nothing.
[[nodiscard]] std::vector<std::string> run_arguments(const std::string& benchmark, std::chrono::milliseconds min_time);

struct ListedBenchmark {
  std::string name;    // printable; as it was listed, unless there is trouble
  std::string trouble; // one line: why it cannot be asked for; empty: it can
};

/// The names in a list, in its order, each once.
[[nodiscard]] std::vector<ListedBenchmark> read_list(std::string_view text);

/// What a process answered, and its state.
struct BenchmarkAnswer {
  std::optional<Measurement> measurement; // also of a wrong answer, when it was well formed
  Verdict verdict;
};

/// Reads the report about one `benchmark`: ok, protocol_error, unsupported or wrong_answer. `allow_debug_library`: whether times of a Google Benchmark that calls itself a debug
/// build count.
[[nodiscard]] BenchmarkAnswer read_report(std::string_view text, const std::string& benchmark,
                                          bool allow_debug_library);

/// The same of a process, which may also have ended badly or claim more time than it had.
[[nodiscard]] BenchmarkAnswer judge_benchmark(const ProcessOutcome& outcome, const std::string& benchmark,
                                              bool allow_debug_library);

} // namespace flowbench
