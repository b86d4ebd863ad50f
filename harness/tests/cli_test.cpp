#include "cli.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "failure.hpp"
#include "machine_lock.hpp"

namespace flowbench {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

RunOptions run(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "run");
  return std::get<RunOptions>(parse_command_line(arguments));
}

std::string error_of(const std::vector<std::string>& arguments) {
  try {
    (void)parse_command_line(arguments);
  } catch (const UsageFailure& failure) {
    EXPECT_EQ(failure.exit_code(), 2);
    return failure.what();
  }
  return "no error";
}

TEST(CommandLine, HasTheDefaultsOfTheManual) {
  const PlanOptions plan = run({}).plan;
  EXPECT_TRUE(plan.subjects.empty());
  EXPECT_TRUE(plan.workloads.empty());
  EXPECT_TRUE(plan.tasks.empty());
  EXPECT_EQ(plan.rounds, 7U);
  EXPECT_EQ(plan.phases, 3U);
  EXPECT_EQ(plan.warmup, 0U);
  EXPECT_EQ(plan.timeout.count(), 60'000);
  EXPECT_EQ(plan.min_time.count(), 100);
  EXPECT_EQ(plan.order, Order::random);
}

TEST(CommandLine, ReadsWhatItIsToDoAboutNoise) {
  const RunOptions defaults = run({});
  EXPECT_EQ(defaults.plan.retries, 2U);
  EXPECT_TRUE(defaults.plan.tolerated.empty());
  EXPECT_EQ(defaults.watch.lock, machine_lock_file());
  EXPECT_EQ(defaults.watch.window.count(), 500);
  EXPECT_EQ(defaults.calibrate, 5U);
  EXPECT_FALSE(defaults.wait);
  const RunOptions said =
      run({"--retries", "0", "--tolerate", "swap,others", "--lock", "l", "--wait", "--watch", "0", "--calibrate", "0"});
  EXPECT_EQ(said.plan.retries, 0U);
  EXPECT_EQ(said.plan.tolerated, (Tolerated{Disturbance::swap, Disturbance::others}));
  EXPECT_EQ(said.watch.lock, "l");
  EXPECT_EQ(said.watch.window.count(), 0);
  EXPECT_EQ(said.calibrate, 0U);
  EXPECT_TRUE(said.wait);
  EXPECT_EQ(run({"--tolerate", "all"}).plan.tolerated.size(), disturbance_names.size());
  EXPECT_THAT(error_of({"run", "--tolerate", "swop"}), HasSubstr("did you mean swap?"));
  EXPECT_THAT(error_of({"run", "--retries", "101"}), HasSubstr("--retries cannot be '101'"));
  EXPECT_THAT(error_of({"run", "--watch", "soon"}), HasSubstr("--watch cannot be 'soon'"));
  EXPECT_THAT(error_of({"run", "--calibrate", "-1"}), HasSubstr("--calibrate"));
}

TEST(CommandLine, TheCommandToRepeatKeepsWhatCountsAsDisturbed) {
  const PlanOptions options = run({"--retries", "5", "--tolerate", "swap,steal"}).plan;
  EXPECT_THAT(command_to_repeat(options), testing::IsSupersetOf({"--retries", "5", "--tolerate", "steal,swap"}));
  for (const std::string& word : command_to_repeat(run({}).plan)) {
    EXPECT_TRUE(word != "--retries" && word != "--tolerate") << "a run with the defaults says what it always said";
  }
}

TEST(CommandLine, DoctorLooksAtTheMachine) {
  const auto options = std::get<DoctorOptions>(parse_command_line({"doctor", "--json", "--watch", "2"}));
  EXPECT_TRUE(options.json);
  EXPECT_EQ(options.watch.window.count(), 2'000);
  EXPECT_FALSE(std::get<DoctorOptions>(parse_command_line({"doctor"})).json);
}

TEST(CommandLine, RefusesAnEmptyValueInPlaceOfTheDefault) {
  EXPECT_THAT(error_of({"run", "--subjects", ""}), HasSubstr("--subjects has an empty value; leave the option out"));
  EXPECT_THAT(error_of({"run", "--tasks="}), HasSubstr("--tasks"));
  EXPECT_THAT(error_of({"run", "--memory-limit", "1"}), HasSubstr("it takes at least 1m bytes"));
}

TEST(CommandLine, DrawsASeedWhenNoneIsGiven) { EXPECT_NE(run({}).plan.seed, run({}).plan.seed); }

TEST(CommandLine, ReadsEveryOption) {
  const RunOptions options = run({"--subjects", "a,b",       "--workloads", "w",           "-f",
                                  "x.*",        "--tasks",   "1k,10k,1m",   "--workers",   "1,2",
                                  "--rounds",   "3",         "--phases",    "2",           "--warmup",
                                  "1",          "--order",   "batch",       "--seed",      "9",
                                  "--timeout",  "0.5",       "--affinity",  "0-1,3",       "--subject",
                                  "m.json",     "--subject", "n.json",      "--out",       "there",
                                  "--dry-run",  "-q",        "-v",          "--catalog",   "c.json",
                                  "--results",  "r",         "--no-color",  "--no-budget", "--memory-limit",
                                  "512m"});
  EXPECT_EQ(options.plan.subjects, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(options.plan.filter, "x.*");
  EXPECT_EQ(options.plan.tasks, (std::vector<std::uint64_t>{1'000, 10'000, 1'000'000}));
  EXPECT_EQ(options.plan.workers, (std::vector<std::uint64_t>{1, 2}));
  EXPECT_EQ(options.plan.rounds, 3U);
  EXPECT_EQ(options.plan.phases, 2U);
  EXPECT_EQ(options.plan.warmup, 1U);
  EXPECT_EQ(options.plan.order, Order::batch);
  EXPECT_EQ(options.plan.seed, 9U);
  EXPECT_EQ(options.plan.timeout.count(), 500);
  EXPECT_EQ(options.plan.affinity, (std::vector<int>{0, 1, 3}));
  EXPECT_EQ(options.plan.manifests.size(), 2U);
  EXPECT_EQ(options.plan.memory_limit, 512U << 20U);
  EXPECT_FALSE(options.plan.budgets);
  EXPECT_EQ(options.out, "there");
  EXPECT_TRUE(options.dry_run && options.quiet && options.verbose && !options.color);
}

PairOptions pair(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"pair", "--base-subjects", "/b", "--base-catalog", "/b.json"});
  return std::get<PairOptions>(parse_command_line(arguments));
}

TEST(CommandLine, APairHasTheOptionsOfARunForBothArms) {
  const PairOptions options = pair({"--rounds", "10", "--subjects", "a", "--seed", "3", "--catalog", "/c.json",
                                    "--base-title", "main", "--out", "there", "-q"});
  for (const ArmOptions* arm : {&options.base, &options.candidate}) {
    EXPECT_EQ(arm->plan.rounds, 10U);
    EXPECT_EQ(arm->plan.subjects, std::vector<std::string>{"a"});
    EXPECT_EQ(arm->plan.seed, 3U);
  }
  EXPECT_EQ(options.base.subjects, "/b");
  EXPECT_EQ(options.base.plan.catalog, "/b.json");
  EXPECT_EQ(options.base.title, "main");
  EXPECT_EQ(options.candidate.plan.catalog, "/c.json");
  EXPECT_EQ(options.candidate.subjects.filename(), "subjects") << "those of this build";
  EXPECT_EQ(options.out, "there");
  EXPECT_TRUE(options.quiet);
}

TEST(CommandLine, BothArmsOfAPairHaveTheSeedThatWasDrawn) {
  const PairOptions options = pair({});
  EXPECT_EQ(options.base.plan.seed, options.candidate.plan.seed);
  EXPECT_NE(options.base.plan.seed, pair({}).base.plan.seed);
}

TEST(CommandLine, APairNeedsABaseAndCannotBeResumed) {
  EXPECT_THAT(error_of({"pair", "--base-catalog", "c"}), HasSubstr("--base-subjects is required"));
  EXPECT_THAT(error_of({"pair", "--base-subjects", "b"}), HasSubstr("--base-catalog is required"));
  EXPECT_THAT(error_of({"pair", "--base-subjects", "b", "--base-catalog", "c", "--resume", "latest"}),
              HasSubstr("unknown option '--resume'"));
  EXPECT_THAT(error_of({"pair", "--base-subjects", "b", "--base-catalog", "c", "--base-title", "a\tb"}),
              HasSubstr("--base-title"));
}

TEST(CommandLine, QuickGivesWayToWhatIsSaid) {
  const PlanOptions quick = run({"--quick"}).plan;
  EXPECT_EQ(quick.rounds, 2U);
  EXPECT_EQ(quick.phases, 2U);
  EXPECT_EQ(quick.tasks, (std::vector<std::uint64_t>{1'000, 10'000}));
  const PlanOptions said = run({"--rounds", "5", "--quick", "--tasks", "7"}).plan;
  EXPECT_EQ(said.rounds, 5U);
  EXPECT_EQ(said.phases, 2U);
  EXPECT_EQ(said.tasks, std::vector<std::uint64_t>{7});
}

TEST(CommandLine, TheEnvironmentStandsInForAnOptionThatIsNotGiven) {
  ASSERT_EQ(setenv("FLOWBENCH_ROUNDS", "4", 1), 0);
  EXPECT_EQ(run({}).plan.rounds, 4U);
  EXPECT_EQ(run({"--rounds", "5"}).plan.rounds, 5U);
  ASSERT_EQ(unsetenv("FLOWBENCH_ROUNDS"), 0);
}

TEST(CommandLine, TheLastOfTwoWins) { EXPECT_EQ(run({"--rounds", "5", "--rounds", "6"}).plan.rounds, 6U); }

TEST(CommandLine, NamesTheNearestCommandAndOption) {
  EXPECT_THAT(error_of({"rnu"}), HasSubstr("unknown command 'rnu'; did you mean run?"));
  EXPECT_THAT(error_of({"run", "--subjetcs", "a"}), HasSubstr("did you mean --subjects"));
  EXPECT_THAT(error_of({"run", "--order", "radnom"}), HasSubstr("did you mean random?"));
  EXPECT_THAT(error_of({"run", "stray"}), HasSubstr("unexpected argument 'stray'"));
}

TEST(CommandLine, SaysWhatAnOptionTakes) {
  EXPECT_THAT(error_of({"run", "--tasks", "1x"}), HasSubstr("--tasks cannot be '1x'; it takes numbers"));
  EXPECT_THAT(error_of({"run", "--tasks", "0"}), HasSubstr("--tasks"));
  EXPECT_THAT(error_of({"run", "--rounds", "0"}), HasSubstr("--rounds cannot be '0'"));
  EXPECT_THAT(error_of({"run", "--phases", "-1"}), HasSubstr("--phases"));
  EXPECT_THAT(error_of({"run", "--timeout", "soon"}), HasSubstr("seconds, such as 60"));
  EXPECT_THAT(error_of({"run", "--min-time", "0"}), HasSubstr("--min-time cannot be '0'; it takes seconds"));
  EXPECT_THAT(error_of({"run", "--affinity", "0-"}), HasSubstr("0-1,3"));
  EXPECT_THAT(error_of({"run", "--seed", "x"}), HasSubstr("unsigned 64-bit"));
  EXPECT_THAT(error_of({"run", "--subjects", "a,,b"}), HasSubstr("--subjects"));
  EXPECT_THAT(error_of({"run", "--rounds"}), Not(HasSubstr("no error")));
  EXPECT_THAT(error_of({}), Not(HasSubstr("no error")));
  EXPECT_THAT(error_of({"validate"}), Not(HasSubstr("no error")));
  EXPECT_THAT(error_of({"run", "--out", "a", "--resume", "b"}), HasSubstr("exclude each other"));
}

TEST(CommandLine, EveryErrorIsOneLine) {
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {}, {"x\ny"}, {"run", "--a\nb"}, {"run", "--tasks", "\n"}, {"run", "--seed"}, {"validate", "a", "b"}}) {
    EXPECT_EQ(error_of(arguments).find('\n'), std::string::npos);
  }
}

TEST(CommandLine, HelpAndVersionAreMessages) {
  EXPECT_THAT(std::get<Message>(parse_command_line({"--version"})).text, HasSubstr("flowbench 0."));
  EXPECT_THAT(std::get<Message>(parse_command_line({"-h"})).text, AllOf(HasSubstr("run"), HasSubstr("validate")));
  EXPECT_THAT(std::get<Message>(parse_command_line({"run", "-h"})).text, HasSubstr("--subjects"));
}

TEST(CommandToRepeat, AsksForTheSame) {
  const PlanOptions first =
      run({"--subjects", "a",          "--tasks",   "1k",        "--timeout",  "0.25",        "--seed",
           "7",          "--affinity", "0,2-3",     "--order",   "batch",      "--no-budget", "--memory-limit",
           "1g",         "--subject",  "/m.json",   "--workers", "3",          "--filter",    "a b",
           "--warmup",   "2",          "--catalog", "/c.json",   "--min-time", "0.5"})
          .plan;
  std::vector<std::string> words = command_to_repeat(first);
  words.erase(words.begin());
  const PlanOptions second = std::get<RunOptions>(parse_command_line(words)).plan;
  EXPECT_EQ(command_to_repeat(second), command_to_repeat(first));
  EXPECT_EQ(second.timeout, first.timeout);
  EXPECT_EQ(second.min_time.count(), 500);
  EXPECT_EQ(second.affinity, first.affinity);
  EXPECT_EQ(second.filter, "a b");
  EXPECT_EQ(second.memory_limit, first.memory_limit);
  EXPECT_EQ(second.catalog, first.catalog);
}

TEST(CommandToRepeat, AsksForTheSamePair) {
  const PairOptions first = pair({"--subject", "/m.json", "--candidate-subjects", "/c", "--catalog", "/c.json",
                                  "--seed", "7", "--candidate-title", "a b", "--no-budget"});
  std::vector<std::string> words = command_to_repeat(first);
  words.erase(words.begin());
  const PairOptions second = std::get<PairOptions>(parse_command_line(words));
  EXPECT_EQ(command_to_repeat(second), command_to_repeat(first));
  EXPECT_EQ(second.base.subjects, "/b");
  EXPECT_EQ(second.candidate.subjects, "/c");
  EXPECT_EQ(second.candidate.title, "a b");
  for (const ArmOptions* arm : {&second.base, &second.candidate}) {
    EXPECT_EQ(arm->plan.seed, 7U);
    EXPECT_FALSE(arm->plan.budgets);
    EXPECT_EQ(arm->plan.manifests, std::vector<std::filesystem::path>{"/m.json"});
  }
  EXPECT_EQ(second.base.plan.catalog, "/b.json");
  EXPECT_EQ(second.candidate.plan.catalog, "/c.json");
}

} // namespace
} // namespace flowbench
