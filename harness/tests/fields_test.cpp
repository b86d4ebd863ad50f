#include "fields.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flowbench {
namespace {

template <typename Read>
std::string error_of(Read read) {
  try {
    read();
  } catch (const FieldError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Fields, NamesTheKeyThatIsMissing) {
  const Json object = Json::object();
  EXPECT_EQ(error_of([&] { (void)Fields(object).count("wall_ns"); }), "'wall_ns' is missing");
}

TEST(Fields, NamesTheKeyThatHasAnotherType) {
  const Json object{{"n", "1"}, {"s", 1}, {"b", 0}, {"l", Json::object()}};
  const Fields fields(object);
  EXPECT_EQ(error_of([&] { (void)fields.count("n"); }), "'n' is not an integer");
  EXPECT_EQ(error_of([&] { (void)fields.text("s"); }), "'s' is not a string");
  EXPECT_EQ(error_of([&] { (void)fields.boolean("b"); }), "'b' is not true or false");
  EXPECT_EQ(error_of([&] { (void)fields.array("l"); }), "'l' is not a list");
}

TEST(Fields, BoundsNumbers) {
  const Json object = Json::parse(R"({"n":-1,"zero":0,"five":5})");
  const Fields fields(object);
  EXPECT_EQ(error_of([&] { (void)fields.count("n"); }), "'n' is negative");
  EXPECT_EQ(error_of([&] { (void)fields.count("zero", 1, 9); }), "'zero' is 0, outside 1 ... 9");
  EXPECT_EQ(fields.count("five", 1, 9), 5U);
}

TEST(Fields, TakesDecimalStringsOf64BitsInOneSpellingOnly) {
  const Json object{{"a", "18446744073709551615"}, {"b", "18446744073709551616"}, {"c", "01"}, {"d", "-1"}, {"e", ""}};
  const Fields fields(object);
  EXPECT_EQ(fields.decimal("a"), 18446744073709551615U);
  for (const char* key : {"b", "c", "d", "e"}) EXPECT_THROW((void)fields.decimal(key), FieldError) << key;
}

TEST(Fields, ALineHasNoLineBreakAndIsNotEmpty) {
  const Json object{{"a", "fine"}, {"b", "x\ny"}, {"c", ""}};
  const Fields fields(object);
  EXPECT_EQ(fields.line("a"), "fine");
  EXPECT_THROW((void)fields.line("b"), FieldError);
  EXPECT_THROW((void)fields.line("c"), FieldError);
}

TEST(Fields, RefusesAHostileId) {
  const Json object{{"id", "../../etc/passwd"}};
  EXPECT_THAT(error_of([&] { (void)Fields(object).id("id"); }), testing::HasSubstr("not an id"));
}

TEST(Fields, KnowsOneVersion) {
  EXPECT_EQ(error_of([] {
              const Json o{{"v", 1}};
              Fields(o).expect_version();
            }),
            "no error");
  EXPECT_THAT(error_of([] {
                const Json o{{"v", 2}};
                Fields(o).expect_version();
              }),
              testing::HasSubstr("version 1 only"));
  EXPECT_EQ(error_of([] {
              const Json o{{"v", "1"}};
              Fields(o).expect_version();
            }),
            "'v' is not an integer");
}

} // namespace
} // namespace flowbench
