#include "noise.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <string>

#include "../files.hpp"
#include "../numbers.hpp"
#include "../text.hpp"
#include "machine_root.hpp"

namespace flowbench {
namespace {

// Some kernels let a counter go back a little.
std::uint64_t growth(std::uint64_t before, std::uint64_t after) { return std::max(before, after) - before; }

std::uint64_t cpu_ns(int who) {
  rusage usage{};
  getrusage(who, &usage);
  const auto ns = [](const timeval& time) {
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(time.tv_usec) * 1'000U;
  };
  return ns(usage.ru_utime) + ns(usage.ru_stime);
}

} // namespace

std::optional<SwapTraffic> parse_swap_traffic(std::string_view vmstat, std::uint64_t page_bytes) {
  std::optional<std::uint64_t> in, out;
  for (const std::string& line : split(vmstat, '\n')) {
    if (!line.starts_with("pswp")) continue;
    const std::vector<std::string> words = split(line, ' ');
    if (words.size() != 2) continue;
    if (words[0] == "pswpin") in = parse_u64(words[1]);
    if (words[0] == "pswpout") out = parse_u64(words[1]);
  }
  if (!in || !out) return std::nullopt;
  return SwapTraffic{.in_bytes = *in * page_bytes, .out_bytes = *out * page_bytes};
}

NoiseMeter::NoiseMeter() {
  const std::optional<std::filesystem::path> machine = test_machine();
  if (!machine) {
    cpu_stat_files_ = cpu_stat_files();
    return;
  }
  proc_ = *machine / "proc";
  clocks_ = *machine / "clocks";
  cpu_stat_files_ = {*machine / "cpu.stat"};
}

NoiseReading NoiseMeter::operator()(const std::vector<int>& cpus) const {
  NoiseReading reading;
  reading.pressure = read_pressure(proc_ / "pressure");
  reading.throttling = cpu_throttling(cpu_stat_files_);
  reading.swap = parse_swap_traffic(read_system_file(proc_ / "vmstat").value_or(""),
                                    static_cast<std::uint64_t>(std::max(1L, sysconf(_SC_PAGESIZE))));
  // Next to each other, because they are subtracted from each other.
  reading.cpus = cpu_times(cpus, proc_);
  reading.own_cpu_ns = cpu_ns(RUSAGE_SELF) + cpu_ns(RUSAGE_CHILDREN);
  reading.clocks = clocks_.empty() ? read_clocks() : read_clocks(clocks_off_by(read_system_file(clocks_).value_or("")));
  return reading;
}

Noise noise_between(const NoiseReading& before, const NoiseReading& after) {
  Noise noise{.steal_ns = growth(before.cpus.steal_ns, after.cpus.steal_ns),
              .pressure = pressure_between(before.pressure, after.pressure),
              .throttled_ns = {},
              .others_cpu_ns = {},
              .swap = {},
              .clock_error_ns = {}};
  if (before.throttling && after.throttling) {
    noise.throttled_ns = growth(before.throttling->ns, after.throttling->ns);
  }
  // Without a line for one of the CPUs nothing is ever busy: /proc/stat could not be read.
  if (after.cpus.busy_ns > 0) {
    noise.others_cpu_ns =
        growth(growth(before.own_cpu_ns, after.own_cpu_ns), growth(before.cpus.busy_ns, after.cpus.busy_ns));
  }
  if (before.swap && after.swap) {
    noise.swap = SwapTraffic{.in_bytes = growth(before.swap->in_bytes, after.swap->in_bytes),
                             .out_bytes = growth(before.swap->out_bytes, after.swap->out_bytes)};
  }
  const ClockError error = clock_error(before.clocks, after.clocks);
  noise.clock_went_back = error.went_back;
  noise.clock_error_ns = error.ns;
  return noise;
}

} // namespace flowbench
