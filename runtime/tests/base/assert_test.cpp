#include "flowcoro/base/assert.hpp"

#include <gtest/gtest.h>

namespace {

TEST(Assert, ContinuesWhenTheConditionHolds) {
  int evaluations = 0;
  FLOWCORO_ASSERT(++evaluations == 1, "counts how often it is looked at");
  EXPECT_EQ(evaluations, 1);
}

TEST(AssertDeathTest, PrintsMessageConditionAndPlaceThenAborts) {
  EXPECT_EXIT(FLOWCORO_ASSERT(1 + 1 == 3, "sums must add up"), testing::KilledBySignal(SIGABRT),
              "flowcoro: sums must add up \\(1 \\+ 1 == 3\\) at .*assert_test\\.cpp:[0-9]+");
}

TEST(Assert, IsOneExpression) {
  const bool taken = true;
  if (taken)
    FLOWCORO_ASSERT(true, "needs no braces");
  else
    FAIL() << "the else belongs to the if around the macro";
}

} // namespace
