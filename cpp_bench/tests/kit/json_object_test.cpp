#include "flowbench_kit/json_object.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace flowbench {
namespace {

TEST(JsonString, IsReadBackAsItWas) {
  std::string every_byte;
  for (int byte = 0; byte < 0x80; ++byte) every_byte += static_cast<char>(byte);
  for (const std::string& text : {std::string(), std::string("plain"), every_byte, std::string("größer 😀 <b>")}) {
    const std::string written = json_string(text);
    EXPECT_EQ(nlohmann::json::parse(written).get<std::string>(), text);
    EXPECT_EQ(written.find('\n'), std::string::npos);
  }
}

TEST(JsonObject, KeepsTheOrderOfItsMembers) {
  JsonObject object;
  object.number("b", 1).text("a", "x\"y").raw("c", "[1,2]");
  EXPECT_EQ(object.str(), R"({"b":1,"a":"x\"y","c":[1,2]})");
}

TEST(JsonObject, MayBeEmpty) { EXPECT_EQ(JsonObject{}.str(), "{}"); }

TEST(JsonObject, WritesTheLargestNumberInFull) {
  JsonObject object;
  EXPECT_EQ(object.number("n", 18446744073709551615U).str(), R"({"n":18446744073709551615})");
}

} // namespace
} // namespace flowbench
