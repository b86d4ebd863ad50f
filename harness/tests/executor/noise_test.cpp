#include "executor/noise.hpp"

#include <gtest/gtest.h>

namespace flowbench {
namespace {

NoiseReading reading() {
  return {.cpus = {.busy_ns = 1'000, .steal_ns = 50},
          .own_cpu_ns = 300,
          .pressure = {.cpu_ns = 1, .memory_ns = 2, .io_ns = 3},
          .throttling = CpuThrottling{.times = 1, .ns = 10},
          .swap = SwapTraffic{.in_bytes = 4'096, .out_bytes = 8'192},
          .clocks = {.monotonic_ns = 5, .raw_ns = 5}};
}

TEST(ParseSwapTraffic, IsInBytes) {
  EXPECT_EQ(parse_swap_traffic("pgpgin 7\npswpin 3\npswpout 5\npswpin_zero 9\n", 4'096),
            (SwapTraffic{.in_bytes = 12'288, .out_bytes = 20'480}));
  EXPECT_EQ(parse_swap_traffic("pswpin 3\n", 4'096), std::nullopt);
  EXPECT_EQ(parse_swap_traffic("", 4'096), std::nullopt);
}

TEST(NoiseBetween, IsWhatWasAdded) {
  NoiseReading after = reading();
  after.cpus = {.busy_ns = 1'700, .steal_ns = 60};
  after.own_cpu_ns = 800;
  after.pressure.cpu_ns = 4;
  after.throttling->ns = 17;
  after.swap->out_bytes = 12'288;
  after.clocks = {.monotonic_ns = 105, .raw_ns = 102};
  const Noise noise = noise_between(reading(), after);
  EXPECT_EQ(noise.steal_ns, 10U);
  EXPECT_EQ(noise.others_cpu_ns, 200U) << "busy for 700, 500 of it ours";
  EXPECT_EQ(noise.pressure, (Pressure{.cpu_ns = 3, .memory_ns = 0, .io_ns = 0}));
  EXPECT_EQ(noise.throttled_ns, 7U);
  EXPECT_EQ(noise.swap, (SwapTraffic{.in_bytes = 0, .out_bytes = 4'096}));
  EXPECT_EQ(noise.clock_error_ns, 3U);
  EXPECT_FALSE(noise.clock_went_back);
}

TEST(NoiseBetween, OthersUsedNothingWhenTicksCountLessThanWeUsed) {
  NoiseReading after = reading();
  after.own_cpu_ns += 500;
  EXPECT_EQ(noise_between(reading(), after).others_cpu_ns, 0U);
}

TEST(NoiseBetween, HasNoValueForWhatThisMachineDoesNotTell) {
  NoiseReading before = reading(), after = reading();
  before.throttling.reset();
  after.swap.reset();
  after.cpus.busy_ns = 0;
  const Noise noise = noise_between(before, after);
  EXPECT_EQ(noise.throttled_ns, std::nullopt);
  EXPECT_EQ(noise.swap, std::nullopt);
  EXPECT_EQ(noise.others_cpu_ns, std::nullopt);
}

TEST(NoiseMeter, CountsOurOwnTimeAsOurs) {
  const NoiseMeter meter;
  const NoiseReading before = meter({});
  NoiseReading after = before;
  while (after.own_cpu_ns - before.own_cpu_ns < 20'000'000) after = meter({});
  EXPECT_GE(after.cpus.busy_ns, before.cpus.busy_ns);
  EXPECT_GT(after.clocks.monotonic_ns, before.clocks.monotonic_ns);
}

} // namespace
} // namespace flowbench
