#include "flowbench_kit/phases.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>

#include "flowbench_kit/process_usage.hpp"

namespace flowbench {
namespace {

std::uint64_t count_ns(std::chrono::nanoseconds time) { return static_cast<std::uint64_t>(std::max(time.count(), {})); }

struct TimedPhase {
  Outcome outcome;
  Sample sample;
};

TimedPhase time_phase(WorkloadFunction run, Runtime& runtime, const Phase& phase) {
  using Clock = std::chrono::steady_clock;
  const std::uint64_t recorded_before = phase.lateness.recorded();
  const std::uint64_t early_before = phase.lateness.early();
  const std::uint64_t rss_before = read_memory().rss_bytes;

  const std::chrono::nanoseconds cpu_before = process_cpu_time();
  const Clock::time_point start = Clock::now();
  Outcome outcome = run(runtime, phase);
  const Clock::time_point end = Clock::now();
  const std::chrono::nanoseconds cpu_after = process_cpu_time();

  Sample sample{.wall_ns = count_ns(end - start),
                .cpu_ns = count_ns(cpu_after - cpu_before),
                .rss_before_bytes = rss_before,
                .peak_rss_bytes = read_memory().peak_bytes};
  if (phase.lateness.recorded() > recorded_before) {
    sample.early_wakes = phase.lateness.early() - early_before;
  }
  if (const auto* finished = std::get_if<Finished>(&outcome)) {
    sample.max_in_flight = finished->max_in_flight;
  }
  return {std::move(outcome), sample};
}

void require_equal(const char* what, std::uint64_t first, std::uint64_t now, std::uint64_t phase) {
  if (first != now) {
    throw std::runtime_error(std::string(what) + " of phase " + std::to_string(phase) + " is " + std::to_string(now) +
                             ", but was " + std::to_string(first) + " in phase 0: the subject is wrong");
  }
}

} // namespace

std::variant<Measured, Unsupported> run_phases(WorkloadFunction run, Runtime& runtime, const Phase& phase,
                                               std::uint64_t phases) {
  if (phases == 0) {
    Outcome outcome = run(runtime, phase);
    if (auto* refused = std::get_if<Unsupported>(&outcome)) {
      return std::move(*refused);
    }
    return Measured{.samples = {}, .result = std::get<Finished>(std::move(outcome))};
  }
  static_cast<void>(read_memory()); // the first call makes its own code and stack resident, before sample 0 counts them
  std::optional<Measured> measured;
  for (std::uint64_t i = 0; i < phases; ++i) {
    auto [outcome, sample] = time_phase(run, runtime, phase);
    if (auto* refused = std::get_if<Unsupported>(&outcome)) {
      return std::move(*refused);
    }
    Finished& finished = std::get<Finished>(outcome);
    if (!measured) {
      measured = Measured{.samples = {}, .result = std::move(finished)};
    } else {
      require_equal("the answer", measured->result.answer, finished.answer, i);
      require_equal("the number of completed tasks", measured->result.completed, finished.completed, i);
      measured->result.throttled += finished.throttled;
      if (measured->result.throttle_reason.empty()) {
        measured->result.throttle_reason = std::move(finished.throttle_reason);
      }
    }
    measured->samples.push_back(sample);
  }
  return *std::move(measured);
}

} // namespace flowbench
