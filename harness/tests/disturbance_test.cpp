#include "disturbance.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flowbench {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t ms = 1'000'000;

// A second on two CPUs.
Disturbed trial(std::uint64_t wall_ns = 1'000 * ms, std::size_t cpus = 2) { return {.wall_ns = wall_ns, .cpus = cpus}; }

Noise quiet() { return {}; }

template <typename Change>
std::string found(Change change, const Disturbed& of = trial(), const Tolerated& tolerated = {}) {
  Noise noise = quiet();
  change(noise);
  return find_disturbance(noise, of, tolerated);
}

TEST(FindDisturbance, AQuietTrialCounts) {
  EXPECT_EQ(found([](Noise&) {}), "");
  EXPECT_EQ(find_disturbance({}, {.wall_ns = 0, .cpus = 1}), "") << "a trial that took no time is judged elsewhere";
}

TEST(FindDisturbance, StealIsMoreThanATenthOfALongTrial) {
  const auto stolen = [](std::uint64_t ns, const Disturbed& of) {
    return found([&](Noise& noise) { noise.steal_ns = ns; }, of);
  };
  EXPECT_EQ(stolen(200 * ms, trial()), "");
  EXPECT_EQ(stolen(210 * ms, trial()), "the hypervisor took 210 ms of CPU time during 1000 ms");
  EXPECT_EQ(stolen(50 * ms, trial(50 * ms, 1)), "") << "too short to say";
  EXPECT_EQ(stolen(10 * ms, trial(60 * ms, 1)), "") << "one tick is the resolution of the counter";
}

TEST(FindDisturbance, ThrottlingIsMoreThanAHundredthOfAnyTrial) {
  const auto throttled = [](std::uint64_t ns, const Disturbed& of) {
    return found([&](Noise& noise) { noise.throttled_ns = ns; }, of);
  };
  EXPECT_EQ(throttled(10 * ms, trial()), "");
  EXPECT_EQ(throttled(11 * ms, trial()), "a CPU quota held it back for 11 ms of CPU time during 1000 ms");
  EXPECT_THAT(throttled(2 * ms, trial(5 * ms)), HasSubstr("quota"))
      << "counted exactly, so short trials are judged too";
}

TEST(MostOthersCpu, IsAFifthAndWhatTicksMayMiscount) {
  // 1 s on 2 CPUs is 200 ticks: 40 and 3 * sqrt(200) / 2 = 21.2 of them.
  EXPECT_NEAR(static_cast<double>(*most_others_cpu_ns(1'000 * ms, 2, 10 * ms)), 612.1e6, 0.1e6);
  // A minute on 2 CPUs: 2,400 ticks and 164 of them. Long trials come close to the fifth.
  EXPECT_NEAR(static_cast<double>(*most_others_cpu_ns(60'000 * ms, 2, 10 * ms)), 25'643.2e6, 0.1e6);
}

TEST(MostOthersCpu, HasNoValueForATrialOfAFewTicks) {
  EXPECT_EQ(most_others_cpu_ns(49 * ms, 2, 10 * ms), std::nullopt);
  EXPECT_TRUE(most_others_cpu_ns(50 * ms, 2, 10 * ms).has_value());
}

TEST(FindDisturbance, OthersUseTheCpusOfTheTrial) {
  const auto used = [](std::uint64_t ns, const Disturbed& of) {
    return found([&](Noise& noise) { noise.others_cpu_ns = ns; }, of);
  };
  EXPECT_EQ(used(610 * ms, trial()), "");
  EXPECT_EQ(used(620 * ms, trial()), "other processes used 620 ms of CPU time on its CPUs during 1000 ms");
  EXPECT_EQ(used(98 * ms, trial(49 * ms)), "") << "a trial of less than five ticks cannot be judged";
}

TEST(FindDisturbance, SwapIsMoreThanAMebibyteInAndOutTogether) {
  const auto swapped = [](std::uint64_t in, std::uint64_t out) {
    return found([&](Noise& noise) { noise.swap = SwapTraffic{.in_bytes = in, .out_bytes = out}; });
  };
  EXPECT_EQ(swapped(512 << 10, 512 << 10), "");
  EXPECT_EQ(swapped(512 << 10, 516 << 10), "the machine swapped 512 KiB in and 516 KiB out during 1000 ms");
}

TEST(FindDisturbance, MemoryPressureIsNotTheMachinesWhereWeLimitedTheTrial) {
  const auto waited = [](std::uint64_t ns, Disturbed of) {
    return found([&](Noise& noise) { noise.pressure.memory_ns = ns; }, of);
  };
  EXPECT_EQ(waited(100 * ms, trial()), "");
  EXPECT_EQ(waited(101 * ms, trial()), "tasks waited 101 ms for memory during 1000 ms");
  EXPECT_EQ(waited(40 * ms, trial(50 * ms)), "") << "too short to say";
  Disturbed limited = trial();
  limited.memory_limited = true;
  EXPECT_EQ(waited(900 * ms, limited), "");
}

TEST(FindDisturbance, StoragePressureMattersToATrialThatReadFromIt) {
  Disturbed reader = trial();
  reader.major_faults = 3;
  const auto waited = [](std::uint64_t ns, const Disturbed& of) {
    return found([&](Noise& noise) { noise.pressure.io_ns = ns; }, of);
  };
  EXPECT_EQ(waited(101 * ms, reader), "it read 3 pages from storage, and tasks waited 101 ms for it during 1000 ms");
  EXPECT_EQ(waited(100 * ms, reader), "");
  EXPECT_EQ(waited(900 * ms, trial()), "") << "it read nothing";
}

TEST(FindDisturbance, ClocksDifferByMoreThanAHundredthAndAMillisecond) {
  const auto error = [](std::uint64_t ns, const Disturbed& of) {
    return found([&](Noise& noise) { noise.clock_error_ns = ns; }, of);
  };
  EXPECT_EQ(error(10 * ms, trial()), "");
  EXPECT_THAT(error(11 * ms, trial()), HasSubstr("CLOCK_MONOTONIC_RAW differ by 11 ms"));
  EXPECT_EQ(error(1 * ms, trial(2 * ms)), "") << "reading two clocks takes time";
  EXPECT_EQ(found([](Noise& noise) { noise.clock_went_back = true; }), "a steady clock went back during the trial");
}

TEST(FindDisturbance, WaitingForACpuAloneIsNotHeldAgainstATrial) {
  EXPECT_EQ(found([](Noise& noise) { noise.pressure.cpu_ns = 900 * ms; }), "")
      << "its own threads wait for each other when they are more than the CPUs";
}

TEST(FindDisturbance, WhatIsToleratedCounts) {
  const auto steal_and_swap = [](Noise& noise) {
    noise.steal_ns = 900 * ms;
    noise.swap = SwapTraffic{.in_bytes = 5 << 20, .out_bytes = 0};
  };
  EXPECT_THAT(found(steal_and_swap), HasSubstr("hypervisor"));
  EXPECT_THAT(found(steal_and_swap, trial(), {Disturbance::steal}), HasSubstr("swapped"));
  EXPECT_EQ(found(steal_and_swap, trial(), {Disturbance::steal, Disturbance::swap}), "");
}

} // namespace
} // namespace flowbench
