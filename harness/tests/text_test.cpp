#include "text.hpp"

#include <gtest/gtest.h>

namespace flowbench {
namespace {

TEST(OneLine, KeepsPrintableUtf8) { EXPECT_EQ(one_line("  größer als 5 → 中文 "), "größer als 5 → 中文"); }

TEST(OneLine, TakesTheTeethOutOfTerminalEscapesAndLineBreaks) {
  EXPECT_EQ(one_line("a\x1b[31mred\nb\x07"), "a [31mred b ");
  EXPECT_EQ(one_line("\xc2\x9b"
                     "31m"),
            " 31m"); // the one-character form of ESC [
  EXPECT_EQ(one_line("line\xe2\x80\xa8separator"), "line separator");
}

TEST(OneLine, ReplacesTextThatTurnsTheReadingDirection) {
  EXPECT_EQ(one_line("a\xe2\x80\xae"
                     "b"),
            "a?b");
}

TEST(OneLine, ReplacesBrokenUtf8) {
  EXPECT_EQ(one_line("a\xff"
                     "b\xc3"),
            "a?b?");
  EXPECT_EQ(one_line("\xc0\xaf"), "??");           // overlong
  EXPECT_EQ(one_line("\xed\xa0\x80"), "???");      // a surrogate
  EXPECT_EQ(one_line("\xf5\x80\x80\x80"), "????"); // beyond the last code point
}

TEST(OneLine, CutsWithoutBreakingACharacter) {
  EXPECT_EQ(one_line("abcdef", 4), "abcd...");
  EXPECT_EQ(one_line("abc\xc3\xa4x", 4), "abc...");
}

TEST(LastLine, IsTheLastThatIsNotBlank) {
  EXPECT_EQ(last_line("one\ntwo\n\n  \n"), "two");
  EXPECT_EQ(last_line("progress 1\rprogress 2\r"), "progress 2");
  EXPECT_EQ(last_line(" \n"), "");
}

TEST(Split, KeepsEmptyParts) {
  EXPECT_EQ(split("a,,b,", ','), (std::vector<std::string>{"a", "", "b", ""}));
  EXPECT_EQ(split("", ','), std::vector<std::string>{""});
}

TEST(Join, PutsTheSeparatorBetween) {
  EXPECT_EQ(join({"a", "b", "a"}, ", "), "a, b, a");
  EXPECT_EQ(join({}, ", "), "");
}

TEST(IsId, AcceptsWhatCanBeAFileName) {
  const std::string longest(64, 'a');
  for (const std::string& id :
       {std::string("go"), std::string("std_thread"), std::string("0"), std::string("tokio-1.2"), longest}) {
    EXPECT_TRUE(is_id(id)) << id;
  }
}

TEST(IsId, RefusesHostileNames) {
  for (const std::string& id :
       {std::string("../../x"), std::string("/abs"), std::string("a/b"), std::string("-rf"), std::string(""),
        std::string(65, 'a'), std::string("a\0b", 3), std::string("a\nb"), std::string("Go"), std::string(".hidden"),
        std::string("a b"), std::string("\xc3\xa4")}) {
    EXPECT_FALSE(is_id(id)) << id;
  }
}

TEST(ClockText, ShowsHoursOnlyWhereThereAreAny) {
  EXPECT_EQ(clock_text(7), "0:07");
  EXPECT_EQ(clock_text(750), "12:30");
  EXPECT_EQ(clock_text(3723), "1:02:03");
}

} // namespace
} // namespace flowbench
