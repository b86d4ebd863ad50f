#include "options.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using flowcoro::top::Options;
using flowcoro::top::parse_options;

struct Parsed {
  std::optional<Options> options;
  std::string error;
};
Parsed parse(const std::vector<const char*>& arguments) {
  Parsed parsed;
  parsed.options = parse_options(arguments, parsed.error);
  return parsed;
}

TEST(TopOptions, TakeASocketAndHaveDefaults) {
  const Options options = parse({"/run/app.sock"}).options.value();
  EXPECT_EQ(options.socket, "/run/app.sock");
  EXPECT_EQ(options.interval, 1s);
  EXPECT_FALSE(options.once);
}

TEST(TopOptions, TakeIntervalsWithAUnit) {
  for (const auto& [text, time] : {std::pair{"50ms", 50ms}, {"2s", 2'000ms}, {"3m", 180'000ms}, {"60m", 3'600'000ms}}) {
    EXPECT_EQ(parse({"s", "--interval", text}).options.value().interval, time);
    EXPECT_EQ(parse({(std::string{"--interval="} + text).c_str(), "s"}).options.value().interval, time);
  }
  EXPECT_TRUE(parse({"--once", "s"}).options.value().once);
}

TEST(TopOptions, SayInOneLineWhatIsWrongAndWhatWouldBeRight) {
  for (const std::vector<const char*>& wrong : {std::vector<const char*>{},
                                                {"--once"},
                                                {"a", "b"},
                                                {"a", "--twice"},
                                                {"a", "--interval"},
                                                {"a", "--interval", "1"},
                                                {"a", "--interval", "s"},
                                                {"a", "--interval", "-1s"},
                                                {"a", "--interval", "49ms"},
                                                {"a", "--interval", "61m"},
                                                {"a", "--interval", "9223372036854775807m"},
                                                {"a", "--interval", "1 s"},
                                                {"a", "--interval="},
                                                {"a", "-x"}}) {
    const Parsed parsed = parse(wrong);
    EXPECT_FALSE(parsed.options.has_value());
    EXPECT_FALSE(parsed.error.empty());
    EXPECT_EQ(parsed.error.find('\n'), std::string::npos);
  }
  EXPECT_NE(parse({"a", "--twice"}).error.find("--twice"), std::string::npos);
}

TEST(TopOptions, NeedNoSocketForHelpAndVersion) {
  EXPECT_TRUE(parse({"--help"}).options.value().help);
  EXPECT_TRUE(parse({"-h"}).options.value().help);
  EXPECT_TRUE(parse({"--version"}).options.value().version);
}

} // namespace
