#include "google_benchmark.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "fields.hpp"
#include "numbers.hpp"
#include "text.hpp"

namespace flowbench {
namespace {

constexpr std::size_t longest_name = 1000;
constexpr std::size_t longest_shown = 200;

// As a regular expression that matches nothing else, in the grammar that Google Benchmark asks every engine for: POSIX extended.
// It knows a backslash before these characters and refuses it before others, such as the closing brackets.
std::string exactly(const std::string& name) {
  std::string pattern = "^";
  for (const char c : name) {
    if (std::string_view(R"(\^$.|?*+()[{)").find(c) != std::string_view::npos) pattern += '\\';
    pattern += c;
  }
  return pattern + "$";
}

// A name that cannot be shown, with its bytes in hexadecimal.
std::string with_escapes(std::string_view name) {
  constexpr const char* digits = "0123456789abcdef";
  std::string shown;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7f) {
      shown += c;
    } else {
      shown += {'\\', 'x', digits[byte >> 4U], digits[byte & 15U]};
    }
    if (shown.size() > longest_shown) return shown + "...";
  }
  return shown;
}

ListedBenchmark listed(const std::string& name) {
  if (name.size() > longest_name) {
    return {with_escapes(name), "its name is longer than " + std::to_string(longest_name) + " bytes"};
  }
  if (one_line(name, longest_name) == name) return {name, ""};
  return {with_escapes(name),
          "its name holds what cannot be shown: control characters, broken UTF-8 or spaces at an end"};
}

// What Google Benchmark itself writes into a run; every other number is a counter.
bool is_own_key(const std::string& key) {
  static const std::vector<std::string> keys{"family_index",
                                             "per_family_instance_index",
                                             "repetitions",
                                             "repetition_index",
                                             "threads",
                                             "iterations",
                                             "real_time",
                                             "cpu_time",
                                             "big_o",
                                             "rms",
                                             "cpu_coefficient",
                                             "real_coefficient",
                                             "allocs_per_iter",
                                             "max_bytes_used",
                                             "total_allocated_bytes",
                                             "net_heap_growth"};
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

double number(const Fields& run, const char* key) {
  const Json& value = run.any(key);
  if (!value.is_number()) throw FieldError("'" + std::string(key) + "' is not a number");
  return value.get<double>();
}

double unit_in_ns(const Fields& run) {
  const std::string unit = run.text("time_unit");
  for (const auto& [name, ns] :
       {std::pair("ns", 1.0), std::pair("us", 1e3), std::pair("ms", 1e6), std::pair("s", 1e9)}) {
    if (unit == name) return ns;
  }
  throw FieldError("'time_unit' is '" + one_line(unit, 40) + "', not ns, us, ms or s");
}

// The time of all iterations from that of one.
std::uint64_t total_ns(const Fields& run, const char* key, std::uint64_t iterations) {
  const double total = std::round(number(run, key) * unit_in_ns(run) * static_cast<double>(iterations));
  if (total >= 0 && total < 0x1p64) return static_cast<std::uint64_t>(total);
  throw FieldError("'" + std::string(key) + "' is " + json_line(run.any(key)) + ", which is no time");
}

std::map<std::string, std::string> read_counters(const Json& run) {
  std::map<std::string, std::string> counters;
  for (const auto& [name, value] : run.items()) {
    if (!value.is_number() || is_own_key(name)) continue;
    if (name.empty() || one_line(name) != name) throw FieldError("a counter has a name that cannot be shown");
    counters.emplace(name, json_line(value));
  }
  return counters;
}

Measurement read_run(const Json& json, const std::string& library_build_type) {
  const Fields run(json);
  Measurement measurement;
  measurement.iterations = run.count("iterations", 1);
  measurement.wall_ns = total_ns(run, "real_time", measurement.iterations);
  measurement.cpu_ns = total_ns(run, "cpu_time", measurement.iterations);
  if (run.has("threads")) measurement.threads = run.count("threads", 1);
  measurement.counters = read_counters(json);
  if (run.has("label")) measurement.label = one_line(run.text("label"));
  measurement.library_build_type = library_build_type;
  return measurement;
}

// Google Benchmark writes a number that is not finite as C++ does, which is no JSON. It writes one key a line.
std::string find_not_finite(std::string_view text) {
  for (const std::string& line : split(text, '\n')) {
    std::string_view pair = trim(line);
    if (pair.ends_with(',')) pair.remove_suffix(1);
    for (const std::string_view value : {"NaN", "-NaN", "Infinity", "-Infinity"}) {
      const std::size_t colon = pair.rfind(':');
      if (colon == std::string_view::npos || trim(pair.substr(colon + 1)) != value) continue;
      const std::string_view key = pair.substr(0, colon).substr(0, pair.rfind('"', colon));
      return "'" + one_line(key.substr(key.rfind('"') + 1), 40) + "' is " + std::string(value) +
             ", not a finite number";
    }
  }
  return {};
}

BenchmarkAnswer ended(Status status, const std::string& reason) { return {{}, {status, one_line(reason)}}; }

std::uint64_t repetitions(const Fields& run) { return run.has("repetitions") ? run.count("repetitions", 1) : 1; }

// The one repetition of the benchmark; means and deviations that it adds by itself are left out.
const Json& find_run(const Fields& report, const std::string& benchmark) {
  std::vector<const Json*> found;
  for (const Json& json : report.array("benchmarks")) {
    const Fields run(json);
    if (run.has("run_type") && run.text("run_type") != "iteration") continue;
    if (const std::string name = run.line("name"); name != benchmark) {
      throw FieldError("is about '" + one_line(name, longest_shown) + "', which was not asked for");
    }
    found.push_back(&json);
  }
  if (found.empty()) throw FieldError("has no benchmark of this name");
  if (found.size() > 1 && repetitions(Fields(*found.front())) == 1) throw FieldError("has this benchmark twice");
  return *found.front();
}

BenchmarkAnswer judge_run(const Json& json, const std::string& library_build_type, bool allow_debug_library) {
  const Fields run(json);
  if (const std::uint64_t count = repetitions(run); count > 1) {
    return ended(Status::unsupported,
                 "its source asks for " + std::to_string(count) + " repetitions in a process; a trial is one");
  }
  if (run.flag("error_occurred")) return ended(Status::wrong_answer, "it says: " + run.text("error_message"));
  if (run.flag("skipped")) return ended(Status::unsupported, "it was skipped: " + run.text("skip_message"));
  BenchmarkAnswer answer{read_run(json, library_build_type), {}};
  if (library_build_type != "release" && !allow_debug_library) {
    answer.verdict = {Status::wrong_answer, "Google Benchmark is a " + library_build_type +
                                                " build, whose times do not count unless the manifest allows it"};
  } else if (std::string why = find_impossible_time(*answer.measurement); !why.empty()) {
    answer.verdict = {Status::wrong_answer, std::move(why)};
  }
  return answer;
}

} // namespace

std::vector<std::string> list_arguments() { return {"--benchmark_list_tests=true"}; }

std::vector<std::string> run_arguments(const std::string& benchmark, std::chrono::milliseconds min_time) {
  return {"--benchmark_filter=" + exactly(benchmark), "--benchmark_min_time=" + seconds_text(min_time),
          "--benchmark_repetitions=1", "--benchmark_out=/dev/fd/3", "--benchmark_out_format=json"};
}

std::vector<ListedBenchmark> read_list(std::string_view text) {
  std::vector<ListedBenchmark> benchmarks;
  for (const std::string& line : split(text, '\n')) {
    if (line.empty()) continue;
    ListedBenchmark next = listed(line);
    const auto same = std::find_if(benchmarks.begin(), benchmarks.end(),
                                   [&](const ListedBenchmark& earlier) { return earlier.name == next.name; });
    if (same == benchmarks.end()) {
      benchmarks.push_back(std::move(next));
    } else {
      same->trouble = "two benchmarks have this name, so neither can be asked for alone";
    }
  }
  return benchmarks;
}

BenchmarkAnswer read_report(std::string_view text, const std::string& benchmark, bool allow_debug_library) {
  if (trim(text).empty()) return ended(Status::protocol_error, "it wrote no report");
  const ParsedJson parsed = parse_strict(text, Fractions::allowed);
  if (!parsed.error.empty()) {
    const std::string why = find_not_finite(text);
    return ended(Status::protocol_error, "its report: " + (why.empty() ? parsed.error : why));
  }
  try {
    const Fields report(parsed.value);
    const std::string library_build_type = one_line(report.object("context").line("library_build_type"), 40);
    return judge_run(find_run(report, benchmark), library_build_type, allow_debug_library);
  } catch (const FieldError& error) {
    return ended(Status::protocol_error, std::string("its report: ") + error.what());
  }
}

BenchmarkAnswer judge_benchmark(const ProcessOutcome& outcome, const std::string& benchmark, bool allow_debug_library) {
  if (std::optional<Verdict> verdict = judge_process(outcome)) return {{}, *std::move(verdict)};
  BenchmarkAnswer answer = read_report(outcome.result, benchmark, allow_debug_library);
  if (outcome.result.empty()) {
    if (const std::string words = last_line(outcome.err.text()); !words.empty()) answer.verdict.reason += ": " + words;
  }
  if (answer.verdict.status != Status::ok) return answer;
  const std::uint64_t cpu_ns = outcome.user_ns + outcome.sys_ns;
  if (answer.measurement->wall_ns > outcome.wall_ns) {
    answer.verdict = {Status::wrong_answer, "it measured " + std::to_string(answer.measurement->wall_ns) +
                                                " ns, longer than the whole process (" +
                                                std::to_string(outcome.wall_ns) + " ns)"};
  } else if (answer.measurement->cpu_ns > cpu_ns + cpu_clock_slack_ns) {
    answer.verdict = {Status::wrong_answer, "it measured " + std::to_string(answer.measurement->cpu_ns) +
                                                " ns of CPU time, more than the whole process used (" +
                                                std::to_string(cpu_ns) + " ns)"};
  }
  return answer;
}

} // namespace flowbench
