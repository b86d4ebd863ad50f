#include "cpus.hpp"

#include <gtest/gtest.h>

namespace flowbench {
namespace {

TEST(UsableCpus, AreTheFewerOfCpusAndQuota) {
  EXPECT_EQ(usable_cpus(8, std::nullopt), 8U);
  EXPECT_EQ(usable_cpus(8, 2), 2U);
  EXPECT_EQ(usable_cpus(2, 8), 2U);
  EXPECT_EQ(usable_cpus(2, 0), 1U);
}

TEST(AllowedCpus, AreSortedAndNotEmpty) {
  const std::vector<int> cpus = allowed_cpus();
  ASSERT_FALSE(cpus.empty());
  EXPECT_TRUE(std::is_sorted(cpus.begin(), cpus.end()));
}

} // namespace
} // namespace flowbench
