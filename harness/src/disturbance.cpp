#include "disturbance.hpp"

#include <cmath>

namespace flowbench {
namespace {

constexpr std::uint64_t ms = 1'000'000;
constexpr std::uint64_t shortest_counted_ns = 50 * ms; // steal and pressure are counted in ticks
constexpr std::uint64_t most_swapped_bytes = 1U << 20U;

std::string milliseconds(std::uint64_t ns) { return std::to_string(ns / ms) + " ms"; }

std::string during(std::uint64_t wall_ns) { return " during " + milliseconds(wall_ns); }

bool is_a_tenth(std::uint64_t part_ns, std::uint64_t whole_ns) { return part_ns > whole_ns / 10; }

std::string steal(const Noise& noise, const Disturbed& trial) {
  const bool found = trial.wall_ns > shortest_counted_ns && noise.steal_ns > clock_tick_ns() &&
                     is_a_tenth(noise.steal_ns, trial.wall_ns * trial.cpus);
  return found ? "the hypervisor took " + milliseconds(noise.steal_ns) + " of CPU time" + during(trial.wall_ns) : "";
}

// Counted exactly, and each time is a full stop: a hundredth shows.
std::string throttling(const Noise& noise, const Disturbed& trial) {
  const std::uint64_t throttled = noise.throttled_ns.value_or(0);
  if (throttled <= trial.wall_ns / 100) return {};
  return "a CPU quota held it back for " + milliseconds(throttled) + " of CPU time" + during(trial.wall_ns);
}

std::string others(const Noise& noise, const Disturbed& trial) {
  const std::optional<std::uint64_t> most = most_others_cpu_ns(trial.wall_ns, trial.cpus, clock_tick_ns());
  if (!most || noise.others_cpu_ns.value_or(0) <= *most) return {};
  return "other processes used " + milliseconds(*noise.others_cpu_ns) + " of CPU time on its CPUs" +
         during(trial.wall_ns);
}

std::string swap(const Noise& noise, const Disturbed& trial) {
  if (!noise.swap || noise.swap->in_bytes + noise.swap->out_bytes <= most_swapped_bytes) return {};
  return "the machine swapped " + std::to_string(noise.swap->in_bytes >> 10U) + " KiB in and " +
         std::to_string(noise.swap->out_bytes >> 10U) + " KiB out" + during(trial.wall_ns);
}

std::string memory_pressure(const Noise& noise, const Disturbed& trial) {
  const std::uint64_t waited = noise.pressure.memory_ns.value_or(0);
  if (trial.memory_limited || trial.wall_ns <= shortest_counted_ns || !is_a_tenth(waited, trial.wall_ns)) return {};
  return "tasks waited " + milliseconds(waited) + " for memory" + during(trial.wall_ns);
}

// Storage that others wait for does no harm to a trial that reads nothing from it.
std::string io_pressure(const Noise& noise, const Disturbed& trial) {
  const std::uint64_t waited = noise.pressure.io_ns.value_or(0);
  if (trial.major_faults == 0 || trial.wall_ns <= shortest_counted_ns || !is_a_tenth(waited, trial.wall_ns)) return {};
  return "it read " + std::to_string(trial.major_faults) + " pages from storage, and tasks waited " +
         milliseconds(waited) + " for it" + during(trial.wall_ns);
}

std::string clocks(const Noise& noise, const Disturbed& trial) {
  if (noise.clock_went_back) return "a steady clock went back during the trial";
  const std::uint64_t error = noise.clock_error_ns.value_or(0);
  if (error <= trial.wall_ns / 100 || error <= ms) return {};
  return "CLOCK_MONOTONIC and CLOCK_MONOTONIC_RAW differ by " + milliseconds(error) + during(trial.wall_ns);
}

} // namespace

std::optional<std::uint64_t> most_others_cpu_ns(std::uint64_t wall_ns, std::size_t cpus, std::uint64_t tick) {
  if (wall_ns < 5 * tick) return std::nullopt;
  const std::uint64_t capacity = wall_ns * cpus;
  // A tick is charged whole to whoever runs when it ends. At worst, half of them are a draw: a variance of a quarter each.
  const double ticks = static_cast<double>(capacity) / static_cast<double>(tick);
  const double deviation = std::sqrt(ticks) / 2 * static_cast<double>(tick);
  return capacity / 5 + static_cast<std::uint64_t>(3 * deviation);
}

std::string find_disturbance(const Noise& noise, const Disturbed& trial, const Tolerated& tolerated) {
  using Rule = std::string (*)(const Noise&, const Disturbed&);
  // In the order of the enumeration.
  constexpr std::array<Rule, disturbance_names.size()> rules{steal,           throttling,  others, swap,
                                                             memory_pressure, io_pressure, clocks};
  for (std::size_t kind = 0; kind < rules.size(); ++kind) {
    if (tolerated.contains(static_cast<Disturbance>(kind))) continue;
    if (std::string reason = rules.at(kind)(noise, trial); !reason.empty()) return reason;
  }
  return {};
}

} // namespace flowbench
