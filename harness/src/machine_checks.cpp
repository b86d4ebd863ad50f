#include "machine_checks.hpp"

#include <algorithm>

#include "text.hpp"

namespace flowbench {
namespace {

constexpr std::uint64_t mib = 1U << 20U;
constexpr const char* ask_the_host = "the machine does not show it, as many virtual ones; ask who runs the host";

// "12.3 %" of a part in thousandths.
std::string percent(std::uint64_t milli) {
  return std::to_string(milli / 10) + "." + std::to_string(milli % 10) + " %";
}

std::uint64_t share_milli(std::uint64_t part, std::uint64_t whole) { return whole == 0 ? 0 : part * 1000 / whole; }

// Good up to the first limit, bad above the second.
Fitness grade(std::uint64_t value, std::uint64_t note_above, std::uint64_t bad_above) {
  return value > bad_above ? Fitness::bad : value > note_above ? Fitness::note : Fitness::good;
}

// The advice only where something is to be done.
Check make(const char* id, std::string seen, Fitness verdict, const char* advice) {
  return {.id = id, .seen = std::move(seen), .verdict = verdict, .advice = verdict == Fitness::good ? "" : advice};
}

std::string window_text(const Activity& activity) {
  return " in the last " + std::to_string(activity.window_ns / 1'000'000) + " ms";
}

Check other_flowbench(const Surroundings& now) {
  if (!now.other_flowbench) return make("lock", "no other flowbench measures", Fitness::good, "");
  return make("lock", "another flowbench measures (pid " + std::to_string(*now.other_flowbench) + ")", Fitness::bad,
              "wait for it to end");
}

Check others(const Surroundings& now) {
  const char* const advice = "end other programs, or wait until they are done";
  if (!now.activity) return make("others", "nobody watched", Fitness::unknown, "watch for a moment: --watch 0.5");
  const Activity& activity = *now.activity;
  if (!activity.noise.others_cpu_ns) return make("others", "/proc/stat tells nothing", Fitness::unknown, advice);
  const std::uint64_t share = share_milli(*activity.noise.others_cpu_ns, activity.window_ns * activity.cpus);
  std::vector<std::string> names;
  for (const BusyProcess& process : activity.busiest) {
    names.push_back(process.name + " (pid " + std::to_string(process.pid) + ") " + percent(process.cpu_milli));
  }
  return make("others",
              "other processes used " + percent(share) + " of " + std::to_string(activity.cpus) + " CPUs" +
                  window_text(activity) + (names.empty() ? "" : "; of one CPU: " + join(names, ", ")),
              grade(share, 20, 100), advice);
}

Check load(const Environment& e) {
  const std::string seen = "load " + std::to_string(e.load1_milli / 1000) + "." +
                           std::to_string(e.load1_milli % 1000 / 100) + " on " + std::to_string(e.cpus_online) +
                           " CPUs in the last minute";
  return make("load", seen, grade(e.load1_milli, 300 * e.cpus_online, 1000 * e.cpus_online),
              "the machine is or was busy; end other programs, and wait a minute");
}

Check pressure(const char* id, const std::string& what, const std::optional<std::uint64_t>& hundredths,
               std::uint64_t note_above, std::uint64_t bad_above, const char* advice) {
  if (!hundredths) {
    return make(id, "/proc/pressure does not tell", Fitness::unknown,
                "boot with psi=1 where the kernel has it turned off");
  }
  return make(id, "tasks waited for " + what + " in " + percent(*hundredths / 10) + " of the last 10 s",
              grade(*hundredths, note_above, bad_above), advice);
}

Check throttling(const Surroundings& now) {
  const char* const advice = "give this control group a larger CPU quota, or none; or fewer workers";
  const std::string quota = now.cpu_quota ? "quota of " + std::to_string(*now.cpu_quota) + " CPUs" : "no CPU quota";
  if (!now.throttling) {
    return now.cpu_quota
               ? make("throttling", quota + ", and no count of how often it was reached", Fitness::unknown, advice)
               : make("throttling", quota + " in sight", Fitness::unknown,
                      "the control group tells nothing, or there is none; ask who runs the host");
  }
  const std::uint64_t recent = now.activity ? now.activity->noise.throttled_ns.value_or(0) : 0;
  const std::string seen =
      quota + ", throttled " + std::to_string(now.throttling->times) + " times since the group was made" +
      (recent > 0 ? ", for " + std::to_string(recent / 1'000'000) + " ms" + window_text(*now.activity) : "");
  return make("throttling", seen,
              recent > 0                  ? Fitness::bad
              : now.throttling->times > 0 ? Fitness::note
                                          : Fitness::good,
              advice);
}

Check steal(const Environment& e, const Surroundings& now) {
  const std::uint64_t boot = share_milli(e.steal_ns, e.uptime_ns * e.cpus_online);
  std::string seen = "the hypervisor took " + percent(boot) + " of the CPU time since boot";
  std::uint64_t recent = 0;
  if (now.activity) {
    recent = share_milli(now.activity->noise.steal_ns, now.activity->window_ns * now.activity->cpus);
    seen += ", " + percent(recent) + window_text(*now.activity);
  }
  const Fitness verdict = recent > 50 ? Fitness::bad : grade(boot, 10, 100);
  return make("steal", seen, verdict,
              "neighbours use the same hardware; measure when they are quiet, or on a machine of your own");
}

Check swap(const Environment& e, const Surroundings& now) {
  if (e.memory_bytes == 0) return make("swap", "/proc/meminfo tells nothing", Fitness::unknown, "look at it by hand");
  std::uint64_t moved = 0;
  if (now.activity && now.activity->noise.swap) {
    moved = now.activity->noise.swap->in_bytes + now.activity->noise.swap->out_bytes;
  }
  const std::string seen =
      std::to_string(now.swap_used_bytes / mib) + " MiB of swap in use" +
      (moved > 0 ? ", " + std::to_string(moved >> 10U) + " KiB moved" + window_text(*now.activity) : "");
  return make("swap", seen,
              moved > 0                 ? Fitness::bad
              : now.swap_used_bytes > 0 ? Fitness::note
                                        : Fitness::good,
              "swap is in use: end programs that need memory, then swapoff -a");
}

Check memory(const Environment& e, const Surroundings& now) {
  const char* const advice = "end programs that need memory: large cases may be killed or swapped";
  if (!now.memory_available_bytes) return make("memory", "/proc/meminfo tells nothing", Fitness::unknown, advice);
  const std::uint64_t free = *now.memory_available_bytes;
  const Fitness verdict = free < 512 * mib ? Fitness::bad : free < 2048 * mib ? Fitness::note : Fitness::good;
  return make("memory", std::to_string(free / mib) + " of " + std::to_string(e.memory_bytes / mib) + " MiB available",
              verdict, advice);
}

Check governor(const Surroundings& now) {
  if (now.governors.empty()) return make("governor", "not visible", Fitness::unknown, ask_the_host);
  const bool steady = now.governors == std::set<std::string>{"performance"};
  return make("governor", "CPU frequency governor " + join({now.governors.begin(), now.governors.end()}, ", "),
              steady ? Fitness::good : Fitness::note,
              "'performance' gives steadier numbers: cpupower frequency-set -g performance");
}

Check turbo(const Environment& e) {
  if (!e.turbo) return make("turbo", "not visible", Fitness::unknown, ask_the_host);
  return make(
      "turbo", *e.turbo ? "turbo is on" : "turbo is off", *e.turbo ? Fitness::note : Fitness::good,
      "clock speed depends on temperature and load; turn it off in /sys/devices/system/cpu for steadier numbers");
}

Check smt(const Environment& e) {
  if (!e.smt) return make("smt", "not visible", Fitness::unknown, ask_the_host);
  return make("smt", *e.smt ? "SMT is on" : "SMT is off", *e.smt ? Fitness::note : Fitness::good,
              "two workers may share a core; choose one CPU of each core with --affinity");
}

Check thermal(const Surroundings& now) {
  const char* const advice = "let the machine cool down, and give it air";
  if (!now.thermal.is_visible()) return make("thermal", "no sensors in sight", Fitness::unknown, ask_the_host);
  constexpr std::int64_t hot = 90'000; // where a zone has no trip point
  Fitness verdict = now.thermal.throttles.value_or(0) > 0 ? Fitness::note : Fitness::good;
  std::vector<std::string> seen;
  if (now.thermal.throttles) seen.push_back(std::to_string(*now.thermal.throttles) + " times slowed down since boot");
  const auto hottest =
      std::max_element(now.thermal.zones.begin(), now.thermal.zones.end(),
                       [](const ThermalZone& a, const ThermalZone& b) { return a.milli_celsius < b.milli_celsius; });
  if (hottest != now.thermal.zones.end()) {
    seen.push_back("hottest: " + hottest->type + " " + std::to_string(hottest->milli_celsius / 1000) + " °C");
  }
  for (const ThermalZone& zone : now.thermal.zones) {
    if (zone.milli_celsius >= zone.limit_milli_celsius.value_or(hot)) verdict = Fitness::bad;
  }
  return make("thermal", join(seen, ", "), verdict, advice);
}

Check aslr(const Environment& e) {
  const bool on = e.aslr == 2;
  return make(
      "aslr", "randomize_va_space is " + std::to_string(e.aslr), on ? Fitness::good : Fitness::note,
      "every process has the same layout, which may be a lucky one; write 2 to /proc/sys/kernel/randomize_va_space");
}

Check clocksource(const Environment& e) {
  // Read without a system call, or with one that a hypervisor is not asked about.
  static const std::set<std::string> fast{"tsc",      "kvm-clock", "arch_sys_counter", "hyperv_clocksource_tsc_page",
                                          "timebase", "tod"};
  static const std::set<std::string> slow{"hpet", "acpi_pm", "jiffies", "refined-jiffies", "pit"};
  const char* const advice =
      "reading the time costs microseconds, which short tasks pay; boot with a kernel that uses tsc";
  if (e.clocksource.empty() || e.clocksource == "unknown") {
    return make("clocksource", "not visible", Fitness::unknown, advice);
  }
  const Fitness verdict = fast.contains(e.clocksource)   ? Fitness::good
                          : slow.contains(e.clocksource) ? Fitness::bad
                                                         : Fitness::note;
  return make("clocksource", e.clocksource, verdict, advice);
}

Check virtualization(const Environment& e) {
  if (!e.virtualization) return make("virtualization", "none in sight", Fitness::good, "");
  return make("virtualization", "runs on shared hardware (" + *e.virtualization + ")", Fitness::note,
              "neighbours are invisible but for steal; compare only what was measured in the same run");
}

Check cpus(const Environment& e) {
  const std::size_t allowed = e.cpus_allowed.size();
  return make("cpus", allowed < 2 ? "one CPU only" : std::to_string(allowed) + " CPUs",
              allowed < 2 ? Fitness::note : Fitness::good,
              "nothing can run in parallel; give more CPUs, or read it so");
}

Check build(const Surroundings& now) {
  return make("build", "flowbench is a " + now.build_type + " build, and so are the subjects beside it",
              now.build_type == "Release" ? Fitness::good : Fitness::bad,
              "measure what users run: cmake --preset release");
}

} // namespace

std::vector<Check> judge_machine(const Environment& environment, const Surroundings& now) {
  return {
      other_flowbench(now),
      others(now),
      load(environment),
      pressure("cpu_pressure", "a CPU", now.pressure.cpu, 500, 2000, "other tasks want the CPUs; end other programs"),
      pressure("memory_pressure", "memory", now.pressure.memory, 0, 100, "the machine is short of memory"),
      pressure("io_pressure", "storage", now.pressure.io, 1000, 5000, "something reads or writes a lot; let it end"),
      throttling(now),
      steal(environment, now),
      swap(environment, now),
      memory(environment, now),
      governor(now),
      turbo(environment),
      smt(environment),
      thermal(now),
      aslr(environment),
      clocksource(environment),
      virtualization(environment),
      cpus(environment),
      build(now)};
}

std::vector<std::string> warnings_of(const std::vector<Check>& checks) {
  std::vector<std::string> warnings;
  for (const Fitness wanted : {Fitness::bad, Fitness::note}) {
    for (const Check& check : checks) {
      if (check.verdict == wanted) warnings.push_back(check.seen + ": " + check.advice);
    }
  }
  return warnings;
}

} // namespace flowbench
