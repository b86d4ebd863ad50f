#include "surroundings.hpp"

#include <gtest/gtest.h>

#include "support/programs.hpp"

namespace flowbench {
namespace {

TEST(ParseRecentPressure, IsInHundredthsOfAPercent) {
  EXPECT_EQ(parse_recent_pressure("some avg10=40.83 avg60=39.89 avg300=42.52 total=6228796599\nfull avg10=1.00 x\n"),
            4'083U);
  EXPECT_EQ(parse_recent_pressure("some avg10=0.05 avg60=0.00 avg300=0.00 total=0"), 5U);
  for (const char* other :
       {"", "full avg10=40.83 avg60=0.00", "some avg10=4", "some avg10=4.1 avg60", "some avg10=-1.00 a"}) {
    EXPECT_EQ(parse_recent_pressure(other), std::nullopt) << other;
  }
}

TEST(ReadThermal, ReadsSensorsAndCounters) {
  const test::Folder sys;
  (void)sys.write("class/thermal/thermal_zone0/type", "x86_pkg_temp\n");
  (void)sys.write("class/thermal/thermal_zone0/temp", "61000\n");
  (void)sys.write("class/thermal/thermal_zone0/trip_point_0_temp", "95000\n");
  (void)sys.write("class/thermal/thermal_zone0/trip_point_1_temp", "105000\n");
  (void)sys.write("class/thermal/thermal_zone0/trip_point_2_temp", "-274000\n");
  (void)sys.write("class/thermal/thermal_zone1/type", "freezer\n");
  (void)sys.write("class/thermal/thermal_zone1/temp", "-5000\n");
  (void)sys.write("class/thermal/thermal_zone2/type", "broken\n");
  (void)sys.write("devices/system/cpu/cpu0/thermal_throttle/core_throttle_count", "3\n");
  (void)sys.write("devices/system/cpu/cpu1/thermal_throttle/core_throttle_count", "4\n");
  (void)sys.write("devices/system/cpu/cpu1/thermal_throttle/package_throttle_count", "10\n");
  const Thermal thermal = read_thermal(sys.path());
  ASSERT_EQ(thermal.zones.size(), 2U) << "a sensor without a value is none";
  EXPECT_EQ(thermal.zones[0].type, "x86_pkg_temp");
  EXPECT_EQ(thermal.zones[0].milli_celsius, 61'000);
  EXPECT_EQ(thermal.zones[0].limit_milli_celsius, 95'000);
  EXPECT_EQ(thermal.zones[1].milli_celsius, -5'000);
  EXPECT_EQ(thermal.zones[1].limit_milli_celsius, std::nullopt);
  EXPECT_EQ(thermal.throttles, 17U);
}

TEST(ReadThermal, SeesNothingWhereThereIsNothing) {
  const test::Folder sys;
  EXPECT_FALSE(read_thermal(sys.path()).is_visible());
  EXPECT_TRUE(read_governors(sys.path()).empty());
}

TEST(ReadGovernors, ReadsEachCpu) {
  const test::Folder sys;
  (void)sys.write("devices/system/cpu/cpu0/cpufreq/scaling_governor", "performance\n");
  (void)sys.write("devices/system/cpu/cpu1/cpufreq/scaling_governor", "powersave\n");
  EXPECT_EQ(read_governors(sys.path()), (std::set<std::string>{"performance", "powersave"}));
}

} // namespace
} // namespace flowbench
