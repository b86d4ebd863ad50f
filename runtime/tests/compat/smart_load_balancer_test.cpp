#include "flowcoro/compat/smart_load_balancer.hpp"

#include <gtest/gtest.h>

#include <cstddef>

namespace {

using flowcoro::SmartLoadBalancer;

TEST(SmartLoadBalancer, SelectsTheLeastLoadedAndForgetsWhatIsDone) {
  SmartLoadBalancer balancer{3};
  EXPECT_EQ(balancer.scheduler_count(), 3u);
  balancer.increment_load(0);
  balancer.increment_load(1);
  EXPECT_EQ(balancer.select_scheduler(), 2u);
  EXPECT_EQ(balancer.get_load(2), 0u);
  balancer.increment_load(2);
  balancer.increment_load(2);
  balancer.decrement_load(1);
  EXPECT_EQ(balancer.select_scheduler(), 1u);
}

TEST(SmartLoadBalancer, SharesOutWhatIsNeverDone) {
  SmartLoadBalancer balancer{4};
  for (int i = 0; i < 40; ++i) balancer.increment_load(balancer.select_scheduler());
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(balancer.get_load(i), 10u);
}

} // namespace
