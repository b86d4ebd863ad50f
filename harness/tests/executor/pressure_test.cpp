#include "executor/pressure.hpp"

#include <gtest/gtest.h>

#include "support/programs.hpp"

namespace flowbench {
namespace {

constexpr const char* text =
    "some avg10=40.83 avg60=39.89 avg300=42.52 total=6228796599\n"
    "full avg10=0.00 avg60=0.00 avg300=0.00 total=17\n";

TEST(ParsePressure, IsTheTotalOfSomeInNanoseconds) {
  EXPECT_EQ(parse_pressure(text), 6'228'796'599'000U);
  EXPECT_EQ(parse_pressure("some avg10=0.00 avg60=0.00 avg300=0.00 total=0"), 0U) << "no pressure is a value";
}

TEST(ParsePressure, HasNoValueForAnotherText) {
  for (const char* other : {"", "some avg10=0.00 avg60=0.00 avg300=0.00", "some total=", "some total=-1",
                            "full avg10=0.00 avg60=0.00 avg300=0.00 total=17"}) {
    EXPECT_EQ(parse_pressure(other), std::nullopt) << other;
  }
}

TEST(ReadPressure, ReadsAFileForEachResource) {
  const test::Folder folder;
  (void)folder.write("cpu", "some avg10=0.00 avg60=0.00 avg300=0.00 total=1\n");
  (void)folder.write("memory", "some avg10=0.00 avg60=0.00 avg300=0.00 total=20\n");
  (void)folder.write("io", "some avg10=0.00 avg60=0.00 avg300=0.00 total=300\n");
  EXPECT_EQ(read_pressure(folder.path()), (Pressure{.cpu_ns = 1'000, .memory_ns = 20'000, .io_ns = 300'000}));
}

TEST(ReadPressure, HasNoValueForAFileThatCannotBeRead) {
  const test::Folder folder;
  (void)folder.write("memory", "some avg10=0.00 avg60=0.00 avg300=0.00 total=20\n");
  EXPECT_EQ(read_pressure(folder.path()), (Pressure{.cpu_ns = {}, .memory_ns = 20'000, .io_ns = {}}));
  EXPECT_EQ(read_pressure(folder.path() / "absent"), Pressure());
}

TEST(PressureBetween, HasNoValueWithoutTwoReadingsThatRise) {
  const Pressure before{.cpu_ns = 5, .memory_ns = {}, .io_ns = 9};
  EXPECT_EQ(pressure_between(before, {.cpu_ns = 12, .memory_ns = 3, .io_ns = 9}),
            (Pressure{.cpu_ns = 7, .memory_ns = {}, .io_ns = 0}));
  EXPECT_EQ(pressure_between(before, {.cpu_ns = {}, .memory_ns = {}, .io_ns = 8}), Pressure());
}

} // namespace
} // namespace flowbench
