#include "numbers.hpp"

#include <gtest/gtest.h>

namespace flowbench {
namespace {

TEST(ParseU64, TakesAllOf64BitsAndNothingElse) {
  EXPECT_EQ(parse_u64("18446744073709551615"), 18446744073709551615U);
  for (const char* text : {"", "-1", "+1", " 1", "1 ", "1.0", "0x10", "18446744073709551616", "1e3"}) {
    EXPECT_FALSE(parse_u64(text)) << text;
  }
}

TEST(ParseCount, KnowsThousandsAndMillions) {
  EXPECT_EQ(parse_count("1k"), 1'000U);
  EXPECT_EQ(parse_count("10K"), 10'000U);
  EXPECT_EQ(parse_count("1m"), 1'000'000U);
  EXPECT_EQ(parse_count("2g"), 2'000'000'000U);
  EXPECT_EQ(parse_count("7"), 7U);
  for (const char* text : {"", "k", "1kk", "1.5k", "-1k", "18446744073709551615k"})
    EXPECT_FALSE(parse_count(text)) << text;
}

TEST(ParseBytes, CountsIn1024) { EXPECT_EQ(parse_bytes("512m"), 512U * 1024 * 1024); }

TEST(ParseSeconds, TakesUpToThreeDecimals) {
  EXPECT_EQ(parse_seconds("60")->count(), 60'000);
  EXPECT_EQ(parse_seconds("0.5")->count(), 500);
  EXPECT_EQ(parse_seconds("1.005")->count(), 1'005);
  for (const char* text : {"", "0", "0.0", "-1", ".", "1.", ".5", "1.0005", "1e3", "nan", "1000001"}) {
    EXPECT_FALSE(parse_seconds(text)) << text;
  }
}

TEST(SecondsText, IsWhatParseSecondsTakes) {
  for (const char* text : {"60", "0.5", "1.005", "0.01"}) EXPECT_EQ(seconds_text(*parse_seconds(text)), text);
}

TEST(ParseCpuList, SortsAndDropsDuplicates) {
  EXPECT_EQ(*parse_cpu_list("3,0-1,1"), (std::vector<int>{0, 1, 3}));
  for (const char* text : {"", "a", "1-", "-1", "2-1", "0,,1", "0-99999"}) EXPECT_FALSE(parse_cpu_list(text)) << text;
}

TEST(CpuListText, IsWhatParseCpuListTakes) {
  for (const char* text : {"0", "0-3", "0,2-3,7"}) EXPECT_EQ(cpu_list_text(*parse_cpu_list(text)), text);
  EXPECT_EQ(cpu_list_text({}), "");
}

} // namespace
} // namespace flowbench
