#include "executor/capped_log.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flowbench {
namespace {

TEST(CappedLog, KeepsAShortTextWhole) {
  CappedLog log;
  log.add("one ");
  log.add("two");
  EXPECT_EQ(log.text(), "one two");
  EXPECT_EQ(log.bytes(), 7U);
}

TEST(CappedLog, KeepsBothEndsOfALongText) {
  CappedLog log;
  log.add("begin");
  for (int i = 0; i < 10'000; ++i) log.add(std::string(1'000, 'x'));
  log.add("end");
  EXPECT_EQ(log.bytes(), 10'000'008U);
  const std::string text = log.text();
  EXPECT_TRUE(text.starts_with("begin"));
  EXPECT_TRUE(text.ends_with("end"));
  EXPECT_LT(text.size(), 2 * CappedLog::part_bytes + 100);
  EXPECT_THAT(text, testing::HasSubstr("bytes not kept]"));
}

TEST(CappedLog, LosesNothingUpToBothParts) {
  CappedLog log;
  const std::string whole(2 * CappedLog::part_bytes, 'y');
  log.add(whole);
  EXPECT_EQ(log.text(), whole);
}

} // namespace
} // namespace flowbench
