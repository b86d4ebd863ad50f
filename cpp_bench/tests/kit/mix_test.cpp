#include "flowbench_kit/mix.hpp"

#include <gtest/gtest.h>

namespace flowbench {
namespace {

// The reference implementation (prng.di.unimi.it/splitmix64.c) seeded with 0 and with 1234567: its k-th output is
// mix(seed + (k - 1) * 0x9e3779b97f4a7c15).
static_assert(mix(0) == 0xe220a8397b1dcdafU);
static_assert(mix(0x9e3779b97f4a7c15U) == 0x6e789e6aa1b965f4U);
static_assert(mix(1234567) == 6457827717110365317U);

TEST(Mix, RoundsAreThreeHundredDependentSteps) {
  std::uint64_t x = 42;
  for (int i = 0; i < 300; ++i) x = mix(x);
  EXPECT_EQ(rounds(42), x);
}

} // namespace
} // namespace flowbench
