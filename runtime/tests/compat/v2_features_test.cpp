#include "flowcoro/compat/v2_features.hpp"

#include "flowcoro/sched/spawn.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <sstream>
#include <string>
#include <utility>

namespace {

using flowcoro::migration_helper;
using flowcoro::migration_strategy;
using flowcoro::v2_features;
using testing::HasSubstr;

TEST(V2Features, AreOnAfterOneCallOrMoreAndCanBeUndone) {
  migration_helper::set_strategy(migration_strategy::aggressive);
  EXPECT_FALSE(flowcoro::v2_features_enabled());
  flowcoro::enable_v2_features();
  flowcoro::enable_v2_features();
  EXPECT_TRUE(flowcoro::v2_features_enabled());
  EXPECT_EQ(migration_helper::strategy(), migration_strategy::full_pooling);
  flowcoro::disable_v2_features();
  flowcoro::disable_v2_features();
  EXPECT_FALSE(flowcoro::v2_features_enabled());
  EXPECT_EQ(migration_helper::strategy(), migration_strategy::aggressive);
  migration_helper::set_strategy(migration_strategy::conservative);
}

TEST(V2Features, AGuardUndoesThemWhenTheLastOneGoes) {
  {
    v2_features outer;
    {
      const v2_features inner;
      v2_features moved = std::move(outer);
      EXPECT_TRUE(flowcoro::v2_features_enabled());
      outer = std::move(moved);
    }
    EXPECT_EQ(migration_helper::strategy(), migration_strategy::full_pooling);
  }
  EXPECT_FALSE(flowcoro::v2_features_enabled());
  EXPECT_EQ(migration_helper::strategy(), migration_strategy::conservative);
}

TEST(V2Features, ThatAGuardKeepsAreOnUntilTheyAreDisabled) {
  {
    v2_features guard;
    guard.keep();
    guard.keep();
  }
  EXPECT_TRUE(flowcoro::v2_features_enabled());
  flowcoro::disable_v2_features();
  EXPECT_FALSE(flowcoro::v2_features_enabled());
  EXPECT_EQ(migration_helper::strategy(), migration_strategy::conservative);
}

TEST(V2Features, TheReportHasNumbersThatMove) {
  const auto submitted = [] { return flowcoro::default_runtime().stats().submitted; };
  flowcoro::sync_wait(flowcoro::spawn([] {}));
  std::ostringstream first, second;
  const std::uint64_t before = submitted();
  flowcoro::print_performance_report(first);
  flowcoro::sync_wait(flowcoro::spawn([] {}));
  flowcoro::print_performance_report(second);
  EXPECT_THAT(first.str(), HasSubstr(std::to_string(before) + " tasks submitted"));
  EXPECT_THAT(second.str(), HasSubstr(std::to_string(before + 1) + " tasks submitted"));
  EXPECT_THAT(second.str(), HasSubstr("compatible"));
  EXPECT_THAT(second.str(), HasSubstr("bytes saved"));
}

} // namespace
