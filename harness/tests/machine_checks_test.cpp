#include "machine_checks.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace flowbench {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t mib = 1U << 20U, ms = 1'000'000;

struct Machine {
  Environment environment;
  Surroundings now;
};

// A machine of one's own that was set up for measuring, and is idle.
Machine fit_machine() {
  Machine machine;
  Environment& e = machine.environment;
  e.cpus_online = 4;
  e.cpus_allowed = {0, 1, 2, 3};
  e.memory_bytes = 16'384 * mib;
  e.uptime_ns = 1'000'000 * ms;
  e.turbo = false;
  e.smt = false;
  e.aslr = 2;
  e.clocksource = "tsc";
  Surroundings& now = machine.now;
  now.governors = {"performance"};
  now.throttling = CpuThrottling{};
  now.memory_available_bytes = 8'192 * mib;
  now.pressure = {.cpu = 0, .memory = 0, .io = 0};
  now.thermal = {.zones = {{"pkg", 50'000, 95'000}}, .throttles = 0};
  now.activity = Activity{.window_ns = 500 * ms, .cpus = 4, .noise = {}, .busiest = {}};
  now.activity->noise.others_cpu_ns = 0;
  now.build_type = "Release";
  return machine;
}

template <typename Change>
Check check_after(const std::string& id, Change change) {
  Machine machine = fit_machine();
  change(machine.environment, machine.now);
  for (Check& check : judge_machine(machine.environment, machine.now)) {
    if (check.id == id) return std::move(check);
  }
  ADD_FAILURE() << "no check " << id;
  return {};
}

template <typename Change>
Fitness verdict_after(const std::string& id, Change change) {
  const Check check = check_after(id, change);
  if (check.verdict != Fitness::good) {
    EXPECT_NE(check.advice, "") << id;
  }
  return check.verdict;
}

TEST(JudgeMachine, AFitMachineIsGoodInEverythingAndThereIsNothingToDo) {
  const Machine machine = fit_machine();
  std::set<std::string> ids;
  for (const Check& check : judge_machine(machine.environment, machine.now)) {
    EXPECT_EQ(check.verdict, Fitness::good) << check.id << ": " << check.seen;
    EXPECT_EQ(check.advice, "") << check.id;
    EXPECT_NE(check.seen, "") << check.id;
    EXPECT_TRUE(ids.insert(check.id).second) << check.id;
  }
  EXPECT_EQ(ids.size(), 19U);
}

TEST(JudgeMachine, WhatIsNotVisibleIsUnknownAndNeverGood) {
  Environment blind;
  blind.cpus_online = 4;
  blind.cpus_allowed = {0, 1};
  blind.clocksource = "unknown";
  Surroundings nothing;
  nothing.build_type = "Release";
  for (const Check& check : judge_machine(blind, nothing)) {
    static const std::set<std::string> may_be_known{"lock", "load", "steal", "aslr", "virtualization", "cpus", "build"};
    if (may_be_known.contains(check.id)) continue;
    EXPECT_EQ(check.verdict, Fitness::unknown) << check.id << ": " << check.seen;
  }
}

TEST(JudgeMachine, OthersOnOurCpus) {
  const auto share = [](std::uint64_t percent) {
    return [percent](Environment&, Surroundings& now) { now.activity->noise.others_cpu_ns = 20 * ms * percent; };
  };
  EXPECT_EQ(verdict_after("others", share(2)), Fitness::good);
  EXPECT_EQ(verdict_after("others", share(3)), Fitness::note);
  EXPECT_EQ(verdict_after("others", share(10)), Fitness::note);
  EXPECT_EQ(verdict_after("others", share(11)), Fitness::bad);
  const Check check = check_after("others", [](Environment&, Surroundings& now) {
    now.activity->noise.others_cpu_ns = 400 * ms;
    now.activity->busiest = {{.pid = 7, .name = "cc1plus", .cpu_milli = 805}};
  });
  EXPECT_EQ(check.seen, "other processes used 20.0 % of 4 CPUs in the last 500 ms; of one CPU: cc1plus (pid 7) 80.5 %");
  EXPECT_EQ(verdict_after("others", [](Environment&, Surroundings& now) { now.activity.reset(); }), Fitness::unknown);
}

TEST(JudgeMachine, LoadOfTheLastMinute) {
  const auto load = [](std::uint64_t milli) {
    return [milli](Environment& e, Surroundings&) { e.load1_milli = milli; };
  };
  EXPECT_EQ(verdict_after("load", load(1'200)), Fitness::good);
  EXPECT_EQ(verdict_after("load", load(1'300)), Fitness::note);
  EXPECT_EQ(verdict_after("load", load(4'100)), Fitness::bad);
}

TEST(JudgeMachine, Pressure) {
  const auto waits = [](std::optional<std::uint64_t> cpu, std::optional<std::uint64_t> memory,
                        std::optional<std::uint64_t> io) {
    return [=](Environment&, Surroundings& now) { now.pressure = {.cpu = cpu, .memory = memory, .io = io}; };
  };
  EXPECT_EQ(verdict_after("cpu_pressure", waits(500, 0, 0)), Fitness::good);
  EXPECT_EQ(verdict_after("cpu_pressure", waits(501, 0, 0)), Fitness::note);
  EXPECT_EQ(verdict_after("cpu_pressure", waits(2'001, 0, 0)), Fitness::bad);
  EXPECT_EQ(verdict_after("memory_pressure", waits(0, 1, 0)), Fitness::note);
  EXPECT_EQ(verdict_after("memory_pressure", waits(0, 101, 0)), Fitness::bad);
  EXPECT_EQ(verdict_after("io_pressure", waits(0, 0, 1'001)), Fitness::note);
  EXPECT_EQ(verdict_after("io_pressure", waits(0, 0, 5'001)), Fitness::bad);
  EXPECT_EQ(verdict_after("io_pressure", waits(0, 0, {})), Fitness::unknown);
}

TEST(JudgeMachine, Throttling) {
  const auto past = [](Environment&, Surroundings& now) { now.throttling = CpuThrottling{.times = 9, .ns = 1}; };
  const auto present = [](Environment&, Surroundings& now) { now.activity->noise.throttled_ns = 1; };
  const auto hidden = [](Environment&, Surroundings& now) { now.throttling.reset(); };
  EXPECT_EQ(verdict_after("throttling", past), Fitness::note);
  EXPECT_EQ(verdict_after("throttling", present), Fitness::bad);
  EXPECT_EQ(verdict_after("throttling", hidden), Fitness::unknown);
  EXPECT_THAT(check_after("throttling", [](Environment&, Surroundings& now) { now.cpu_quota = 2; }).seen,
              HasSubstr("quota of 2 CPUs"));
}

TEST(JudgeMachine, Steal) {
  const auto boot = [](std::uint64_t percent) {
    return [percent](Environment& e, Surroundings&) { e.steal_ns = e.uptime_ns / 100 * 4 * percent; };
  };
  EXPECT_EQ(verdict_after("steal", boot(1)), Fitness::good);
  EXPECT_EQ(verdict_after("steal", boot(2)), Fitness::note);
  EXPECT_EQ(verdict_after("steal", boot(11)), Fitness::bad);
  EXPECT_EQ(verdict_after("steal", [](Environment&, Surroundings& now) { now.activity->noise.steal_ns = 120 * ms; }),
            Fitness::bad);
}

TEST(JudgeMachine, Swap) {
  EXPECT_EQ(verdict_after("swap", [](Environment&, Surroundings& now) { now.swap_used_bytes = 1; }), Fitness::note);
  EXPECT_EQ(verdict_after("swap",
                          [](Environment&, Surroundings& now) {
                            now.activity->noise.swap = SwapTraffic{.in_bytes = 0, .out_bytes = 4'096};
                          }),
            Fitness::bad);
}

TEST(JudgeMachine, Memory) {
  const auto free = [](std::uint64_t amount) {
    return [amount](Environment&, Surroundings& now) { now.memory_available_bytes = amount * mib; };
  };
  EXPECT_EQ(verdict_after("memory", free(2'048)), Fitness::good);
  EXPECT_EQ(verdict_after("memory", free(2'047)), Fitness::note);
  EXPECT_EQ(verdict_after("memory", free(511)), Fitness::bad);
}

TEST(JudgeMachine, Thermal) {
  const auto zone = [](std::int64_t degrees, std::optional<std::int64_t> limit) {
    return [=](Environment&, Surroundings& now) {
      now.thermal.zones = {{"cold", 20'000, {}}, {"pkg", degrees * 1'000, limit}};
    };
  };
  EXPECT_EQ(verdict_after("thermal", zone(94, 95'000)), Fitness::good);
  EXPECT_EQ(verdict_after("thermal", zone(95, 95'000)), Fitness::bad);
  EXPECT_EQ(verdict_after("thermal", zone(90, {})), Fitness::bad);
  EXPECT_EQ(check_after("thermal", zone(61, {})).seen, "0 times slowed down since boot, hottest: pkg 61 °C");
  EXPECT_EQ(verdict_after("thermal", [](Environment&, Surroundings& now) { now.thermal.throttles = 1; }),
            Fitness::note);
}

TEST(JudgeMachine, SettingsThatMakeNumbersLessSteady) {
  EXPECT_EQ(verdict_after("governor", [](Environment&, Surroundings& now) { now.governors.insert("powersave"); }),
            Fitness::note);
  EXPECT_EQ(verdict_after("turbo", [](Environment& e, Surroundings&) { e.turbo = true; }), Fitness::note);
  EXPECT_EQ(verdict_after("smt", [](Environment& e, Surroundings&) { e.smt = true; }), Fitness::note);
  EXPECT_EQ(verdict_after("aslr", [](Environment& e, Surroundings&) { e.aslr = 0; }), Fitness::note);
  EXPECT_EQ(verdict_after("virtualization", [](Environment& e, Surroundings&) { e.virtualization = "KVM"; }),
            Fitness::note);
  EXPECT_EQ(verdict_after("cpus", [](Environment& e, Surroundings&) { e.cpus_allowed = {3}; }), Fitness::note);
}

TEST(JudgeMachine, SlowClocksAndDebugBuildsAreBad) {
  EXPECT_EQ(verdict_after("clocksource", [](Environment& e, Surroundings&) { e.clocksource = "hpet"; }), Fitness::bad);
  EXPECT_EQ(verdict_after("clocksource", [](Environment& e, Surroundings&) { e.clocksource = "new"; }), Fitness::note);
  EXPECT_EQ(verdict_after("build", [](Environment&, Surroundings& now) { now.build_type = "Debug"; }), Fitness::bad);
}

TEST(JudgeMachine, AnotherFlowbench) {
  const Check check = check_after("lock", [](Environment&, Surroundings& now) { now.other_flowbench = 77; });
  EXPECT_EQ(check.verdict, Fitness::bad);
  EXPECT_THAT(check.seen, HasSubstr("pid 77"));
}

TEST(Warnings, AreWhatAsksForAttentionTheBadFirst) {
  const std::vector<Check> checks{{"a", "note seen", Fitness::note, "do this"},
                                  {"b", "fine", Fitness::good, ""},
                                  {"c", "hidden", Fitness::unknown, "ask"},
                                  {"d", "bad seen", Fitness::bad, "do that"}};
  EXPECT_EQ(warnings_of(checks), (std::vector<std::string>{"bad seen: do that", "note seen: do this"}));
}

} // namespace
} // namespace flowbench
