#include "record_crc.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fields.hpp"

namespace flowbench {
namespace {

using testing::HasSubstr;

std::string error_of(CrcCheck& check, const std::string& line) {
  try {
    check(line);
  } catch (const FieldError& error) {
    return error.what();
  }
  return "";
}

std::string error_of(const std::string& line) {
  CrcCheck check;
  return error_of(check, line);
}

TEST(Crc32, IsThatOfZlib) {
  EXPECT_EQ(crc32(""), 0U);
  EXPECT_EQ(crc32("123456789"), 0xCBF43926U) << "the check value of every description of it";
  EXPECT_EQ(crc32("The quick brown fox jumps over the lazy dog"), 0x414FA339U);
  EXPECT_EQ(crc32(std::string("\0\xff", 2)), 0x6cdbfd72U);
}

TEST(WithCrc, MakesItTheLastKey) {
  const std::string line = with_crc(R"({"v":1,"trial":0})");
  EXPECT_EQ(line.substr(0, line.size() - 10), R"({"v":1,"trial":0,"crc32":")");
  EXPECT_EQ(error_of(line), "");
}

TEST(CrcCheck, FindsEveryBitThatIsNotAsItWas) {
  const std::string good = with_crc(R"({"v":1,"trial":7,"reason":"größer"})");
  const std::string whole = with_crc(R"({"v":1})");
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
    CrcCheck check;
    EXPECT_EQ(error_of(check, whole), "");
    EXPECT_THAT(error_of(check, bad), HasSubstr("is damaged")) << bad;
  }
}

TEST(CrcCheck, FindsALineThatIsCutOrHasMore) {
  const std::string good = with_crc(R"({"v":1,"trial":7})");
  CrcCheck check;
  EXPECT_EQ(error_of(check, good), "");
  for (std::size_t kept = 0; kept < good.size(); ++kept) {
    EXPECT_THAT(error_of(check, good.substr(0, kept)), HasSubstr("is damaged")) << kept;
  }
  EXPECT_THAT(error_of(good + " "), HasSubstr("is damaged"));
  EXPECT_THAT(error_of(good + good), HasSubstr("is damaged"));
  EXPECT_THAT(error_of(R"({"crc32":"00000000","v":1,"crc32":"00000000"})"), HasSubstr("is damaged"));
}

TEST(CrcCheck, TakesLinesFromBeforeThereWereAnyAndNoneBehindOne) {
  CrcCheck check;
  EXPECT_EQ(error_of(check, R"({"v":1,"trial":0})"), "");
  EXPECT_EQ(error_of(check, R"({"v":1,"trial":1,"reason":"it says \"crc32\":\"00000000\""})"), "");
  EXPECT_EQ(error_of(check, with_crc(R"({"v":1,"trial":2})")), "");
  EXPECT_THAT(error_of(check, R"({"v":1,"trial":3})"), HasSubstr("it has no CRC, and lines before it have one"));
}

} // namespace
} // namespace flowbench
