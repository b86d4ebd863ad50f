#include "strict_json.hpp"

#include <gtest/gtest.h>

namespace flowbench {
namespace {

std::string nested(int depth) {
  return std::string(static_cast<std::size_t>(depth), '[') + std::string(static_cast<std::size_t>(depth), ']');
}

TEST(ParseStrict, TakesIntegersOfAll64Bits) {
  const ParsedJson parsed = parse_strict(R"({"a":18446744073709551615,"b":-9223372036854775808})");
  EXPECT_EQ(parsed.error, "");
  EXPECT_EQ(parsed.value["a"].get<std::uint64_t>(), 18446744073709551615U);
}

TEST(ParseStrict, RefusesEveryNumberThatIsNoInteger) {
  for (const char* text : {"1.0", "1.5", "1e3", "1E-2", "18446744073709551616", "NaN", "Infinity", "-Infinity", "01"}) {
    EXPECT_NE(parse_strict(text).error, "") << text;
  }
}

TEST(ParseStrict, RefusesAKeyThatAppearsTwiceInOneObjectOnly) {
  EXPECT_EQ(parse_strict(R"({"a":1,"a":2})").error, "key 'a' appears twice");
  EXPECT_EQ(parse_strict(R"({"a":1,"\u0061":2})").error, "key 'a' appears twice");
  EXPECT_EQ(parse_strict(R"({"a":{"a":1},"b":{"a":2}})").error, "");
}

TEST(ParseStrict, BoundsTheDepth) {
  EXPECT_EQ(parse_strict(nested(deepest_json)).error, "");
  EXPECT_EQ(parse_strict(nested(deepest_json + 1)).error, "nested deeper than 32");
  EXPECT_EQ(parse_strict(nested(1'000'000)).error, "nested deeper than 32");
}

TEST(ParseStrict, RefusesWhatOtherParsersForgive) {
  for (const std::string& text :
       {std::string("{} {}"), std::string("{}x"), std::string(""), std::string("{\"a\":1,}"), std::string("{'a':1}"),
        std::string("// no\n{}"), std::string("{}\0x", 4), std::string("\xef\xbb\xbf{}"), std::string("\"\xff\""),
        std::string("\"\xc0\xaf\"")}) {
    EXPECT_NE(parse_strict(text).error, "") << text;
  }
}

TEST(ParseStrict, SaysWhere) { EXPECT_EQ(parse_strict(R"({"a":1, oops})").error, "not JSON at byte 9"); }

TEST(JsonLine, IsOneLineOfValidUtf8) {
  EXPECT_EQ(json_line({{"a", "b\nc"}, {"d", 1}}), R"({"a":"b\nc","d":1})");
  EXPECT_EQ(parse_strict(json_line({{"a", "\xff"}})).error, "");
}

} // namespace
} // namespace flowbench
