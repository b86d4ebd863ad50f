#include "measurement.hpp"

#include <gtest/gtest.h>

#include "fields.hpp"

namespace flowbench {
namespace {

Measurement measurement() {
  return {.iterations = 10,
          .wall_ns = 1000,
          .cpu_ns = 900,
          .threads = 2,
          .counters = {{"op", "1e-09"}, {"bytes", "-5"}},
          .label = "a label",
          .library_build_type = "release"};
}

TEST(Measurement, IsReadAsItWasWritten) {
  const Json written = to_json(measurement());
  EXPECT_EQ(to_json(read_measurement(written)), written);
}

TEST(Measurement, EveryKeyButTheLabelIsNeeded) {
  const Json whole = to_json(measurement());
  for (const auto& [key, value] : whole.items()) {
    Json part = whole;
    part.erase(key);
    if (key == "label") {
      EXPECT_EQ(read_measurement(part).label, "");
    } else {
      EXPECT_THROW((void)read_measurement(part), FieldError) << key;
    }
  }
}

TEST(Measurement, ACounterIsADecimalNumberInAString) {
  for (const char* text : {"0", "-1.5", "1e-09", "2E+3", "18446744073709551616"})
    EXPECT_TRUE(parse_decimal(text)) << text;
  for (const char* text : {"", " 1", "1 ", "+1", ".5", "1.", "01", "NaN", "inf", "1e999", "0x1", "1,5", "\"1\""}) {
    EXPECT_FALSE(parse_decimal(text)) << text;
  }
}

TEST(Measurement, KnowsATimeThatIsNone) {
  EXPECT_EQ(find_impossible_time(measurement()), "");
  Measurement no_time = measurement();
  no_time.wall_ns = 0;
  EXPECT_NE(find_impossible_time(no_time), "");
  Measurement negative = measurement();
  negative.counters["op"] = "-1e-09";
  EXPECT_NE(find_impossible_time(negative), "");
  Measurement without = measurement();
  without.counters.erase("op");
  EXPECT_EQ(find_impossible_time(without), "");
}

} // namespace
} // namespace flowbench
