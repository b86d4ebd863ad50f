#include "environment.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace flowbench {
namespace {

using testing::Contains;
using testing::EndsWith;
using testing::HasSubstr;

constexpr const char* cpuinfo =
    "processor\t: 0\nmodel name\t: Some CPU @ 2.00GHz\nflags\t\t: fpu hypervisor sse\n\nprocessor\t: 1\nmodel name\t: "
    "Other\n";

TEST(Cpuinfo, TheFirstValueOfAKey) {
  EXPECT_EQ(cpuinfo_value(cpuinfo, "model name"), "Some CPU @ 2.00GHz");
  EXPECT_EQ(cpuinfo_value(cpuinfo, "model"), "");
  EXPECT_EQ(cpuinfo_value("", "model name"), "");
}

TEST(Meminfo, IsInBytes) {
  EXPECT_EQ(meminfo_bytes("MemTotal:       24684000 kB\nMemFree: 1 kB\n", "MemTotal"), 24684000ULL * 1024);
  EXPECT_EQ(meminfo_bytes("", "MemTotal"), 0U);
}

TEST(Loadavg, IsInThousandths) {
  EXPECT_EQ(load1_milli("1.25 0.10 0.00 1/100 7\n"), 1250U);
  EXPECT_EQ(load1_milli("0.00 0.10 0.00 1/100 7\n"), 0U);
  EXPECT_EQ(load1_milli(""), 0U);
}

TEST(OsName, IsThePrettyOne) {
  EXPECT_EQ(os_name("ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n"), "Debian GNU/Linux 12 (bookworm)");
  EXPECT_EQ(os_name(""), "unknown");
}

Environment quiet_machine() {
  Environment environment;
  environment.cpus_online = 4;
  environment.cpus_allowed = {0, 1, 2, 3};
  environment.uptime_ns = 1'000'000'000'000;
  environment.pressure = {.cpu_ns = 0, .memory_ns = 0, .io_ns = 0};
  return environment;
}

TEST(Warnings, AreThoseOfTheChecks) {
  Environment environment = quiet_machine();
  EXPECT_TRUE(warnings_about(environment).empty());
  environment.checks = {{"a", "this was seen", Fitness::note, "do that"}, {"b", "fine", Fitness::good, ""}};
  EXPECT_EQ(warnings_about(environment), std::vector<std::string>{"this was seen: do that"});
}

TEST(Warnings, NameEveryPressureThatTheKernelDoesNotTellInOneLine) {
  Environment environment = quiet_machine();
  environment.pressure.cpu_ns.reset();
  environment.pressure.io_ns.reset();
  const std::vector<std::string> warnings = warnings_about(environment);
  EXPECT_THAT(warnings, Contains(EndsWith("the trials have no cpu_pressure_ns, io_pressure_ns")));
  EXPECT_THAT(warnings, Contains(HasSubstr("pressure")).Times(1));
}

TEST(ReadEnvironment, KnowsThisMachine) {
  const Environment environment = read_environment("none");
  EXPECT_GE(environment.cpus_online, environment.cpus_allowed.size());
  EXPECT_FALSE(environment.cpus_allowed.empty());
  EXPECT_GT(environment.memory_bytes, 0U);
  EXPECT_THAT(environment.kernel, HasSubstr("Linux"));
  EXPECT_THAT(environment.cgroup, HasSubstr("trials: none"));
  EXPECT_FALSE(environment.tools.empty());
  EXPECT_THAT(environment.checks, Contains(testing::Field(&Check::id, "others")));
}

TEST(EnvironmentJson, KeepsEveryCheck) {
  Environment environment = quiet_machine();
  environment.checks = {{"swap", "7 MiB of swap in use", Fitness::note, "end programs"}};
  EXPECT_EQ(to_json(environment)["checks"],
            Json::parse(R"([{"id":"swap","seen":"7 MiB of swap in use","verdict":"note","advice":"end programs"}])"));
}

TEST(EnvironmentJson, LeavesOutWhatThisMachineDoesNotSay) {
  const Json json = to_json(quiet_machine());
  for (const char* key : {"governor", "turbo", "smt", "virtualization"}) EXPECT_FALSE(json.contains(key)) << key;
}

} // namespace
} // namespace flowbench
