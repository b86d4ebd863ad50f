#include "executor/machine_root.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "executor/noise.hpp"
#include "failure.hpp"
#include "support/programs.hpp"

namespace flowbench {
namespace {

// The variable, for the time of a test.
class Variable {
 public:
  explicit Variable(const std::string& value) { setenv(test_machine_variable, value.c_str(), 1); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;
  ~Variable() { unsetenv(test_machine_variable); }
};

TEST(TestMachine, IsNoneUnlessAskedFor) { EXPECT_EQ(test_machine(), std::nullopt); }

TEST(TestMachine, MustBeAFolder) {
  const Variable variable("/no/such/folder");
  EXPECT_THROW((void)test_machine(), UsageFailure);
}

TEST(TestMachine, GivesTheMeterItsFiles) {
  const test::Folder folder;
  (void)folder.write("proc/stat", "cpu  9 9 9 9 9 9 9 9 0 0\ncpu0 1 0 0 5 0 0 0 7 0 0\n");
  (void)folder.write("proc/vmstat", "pswpin 2\npswpout 3\n");
  (void)folder.write("proc/pressure/memory", "some avg10=0.00 avg60=0.00 avg300=0.00 total=11\n");
  (void)folder.write("cpu.stat", "nr_throttled 1\nthrottled_usec 13\n");
  (void)folder.write("clocks", "monotonic_ns -1000000000000\nraw_ns 0\n");
  const Variable variable(folder.path().string());
  const NoiseReading reading = NoiseMeter()({0});
  EXPECT_EQ(reading.cpus.steal_ns, 7 * clock_tick_ns());
  EXPECT_EQ(reading.pressure.memory_ns, 11'000U);
  EXPECT_EQ(reading.pressure.cpu_ns, std::nullopt);
  EXPECT_EQ(reading.throttling, (CpuThrottling{.times = 1, .ns = 13'000}));
  ASSERT_TRUE(reading.swap.has_value());
  EXPECT_EQ(reading.swap->out_bytes / 3, reading.swap->in_bytes / 2);
  EXPECT_LT(reading.clocks.monotonic_ns, reading.clocks.raw_ns - 900'000'000'000);
}

TEST(TestMachine, WithoutFilesTellsNothingAndHasGoodClocks) {
  const test::Folder folder;
  const Variable variable(folder.path().string());
  const NoiseMeter meter;
  const NoiseReading before = meter({0});
  const Noise noise = noise_between(before, meter({0}));
  EXPECT_EQ(noise.others_cpu_ns, std::nullopt);
  EXPECT_EQ(noise.throttled_ns, std::nullopt);
  EXPECT_EQ(noise.swap, std::nullopt);
  EXPECT_FALSE(noise.clock_went_back);
}

} // namespace
} // namespace flowbench
