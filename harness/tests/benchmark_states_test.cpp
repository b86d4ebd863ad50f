// Every way in which a benchmark of a Google Benchmark binary can end, by a fake one, through flowbench itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "support/programs.hpp"

namespace flowbench {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

struct Expected {
  const char* benchmark;
  const char* status;
  const char* reason; // a part of it
};

const std::vector<Expected> table{
    {"good", "ok", ""},
    {"good/size:8/real_time", "ok", ""},
    {"with_op", "ok", ""},
    {R"((a+b)*[c]{1}|^$.\?"é)", "ok", ""},
    {"spaced name", "ok", ""},
    {"debug_library", "wrong_answer", "Google Benchmark is a debug build"},
    {"wrong_answer", "wrong_answer", "it says: the sum is off"},
    {"zero_time", "wrong_answer", "no time passed in 10 iterations"},
    {"zero_op", "wrong_answer", "counter 'op' is 0.0 s, which is no time"},
    {"too_long", "wrong_answer", "longer than the whole process"},
    {"too_much_cpu", "wrong_answer", "more than the whole process used"},
    {"segfault", "crashed", "signal 11 (SIGSEGV): about to measure for 0.02 s"},
    {"exit_nonzero", "crashed", "exit code 3: bad flag"},
    {"hang", "timed_out", "still running at the time limit"},
    {"silent", "protocol_error", "it wrote no report: Failed to match any benchmarks"},
    {"garbage", "protocol_error", "its report: not JSON at byte 1"},
    {"truncated", "protocol_error", "its report: not JSON at byte"},
    {"missing", "protocol_error", "has no benchmark of this name"},
    {"other_name", "protocol_error", "is about 'good', which was not asked for"},
    {"twice", "protocol_error", "has this benchmark twice"},
    {"nan_time", "protocol_error", "its report: 'real_time' is NaN, not a finite number"},
    {"infinite_counter", "protocol_error", "its report: 'op' is -Infinity, not a finite number"},
    {"negative_time", "protocol_error", "'real_time' is -100, which is no time"},
    {"no_iterations", "protocol_error", "'iterations' is 0"},
    {"no_unit", "protocol_error", "'time_unit' is 'fortnights'"},
    {"bad_counter_name", "protocol_error", "a counter has a name that cannot be shown"},
    {"named_twice", "protocol_error", "two benchmarks have this name"},
    {"control\\x01", "protocol_error", "its name holds what cannot be shown"},
    {"bidi\\xe2\\x80\\xae", "protocol_error", "its name holds what cannot be shown"},
    {"not\\xffutf8", "protocol_error", "its name holds what cannot be shown"},
    {"ends\\x20in\\x20space\\x20", "protocol_error", "its name holds what cannot be shown"},
    {"repeats", "unsupported", "its source asks for 3 repetitions in a process"},
    {"skipped", "unsupported", "it was skipped: needs two CPUs"},
    {"daemon", "leaked_processes", "still alive after it ended: sleep (pid "},
};

std::vector<std::string> run_benchmarks(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {"--subject", "benchmarks", "--subjects", "benchmarks", "--rounds", "1"});
  return test::flowbench_run(std::move(arguments));
}

TEST(BenchmarkStates, EveryFakeEndsInItsState) {
  const test::Folder folder;
  const test::Finished finished =
      test::run_program(run_benchmarks({"--timeout", "2", "--min-time", "0.02", "--seed", "1"}), folder.path());
  EXPECT_EQ(finished.exit_code, 1) << finished.err;
  std::map<std::string, Json> trials;
  for (const Json& trial : test::latest_trials(folder.path())) {
    EXPECT_TRUE(trials.emplace(trial["benchmark"], trial).second) << trial;
  }
  EXPECT_EQ(trials.size(), table.size());
  for (const Expected& expected : table) {
    const auto found = trials.find(expected.benchmark);
    ASSERT_NE(found, trials.end()) << expected.benchmark;
    const Json& trial = found->second;
    EXPECT_EQ(trial["kind"], "benchmark");
    EXPECT_EQ(trial["status"], expected.status) << trial;
    const std::string reason = trial["reason"];
    EXPECT_THAT(reason, expected.reason[0] == '\0' ? testing::Matcher<std::string>(IsEmpty())
                                                   : testing::Matcher<std::string>(HasSubstr(expected.reason)))
        << expected.benchmark;
  }
  EXPECT_EQ(test::processes_with_argument("86400.542"), 0) << "something was left behind";

  const Json& measurement = trials["with_op"]["measurement"];
  EXPECT_EQ(measurement["wall_ns"], 1604) << "16 iterations of 100.25 ns";
  EXPECT_EQ(measurement["cpu_ns"], 800);
  EXPECT_EQ(measurement["iterations"], 16);
  EXPECT_EQ(measurement["counters"], (Json{{"bytes_per_second", "1000000000.0"}, {"op", "2.5e-09"}}));
  EXPECT_EQ(measurement["label"], "of a queue");
  EXPECT_EQ(trials["debug_library"]["measurement"]["library_build_type"], "debug") << "what it said is kept";
  EXPECT_TRUE(trials["segfault"]["measurement"].is_null());
  EXPECT_GT(trials["good"]["max_rss_bytes"], 0);

  const test::Finished validated = test::run_program(test::flowbench({"validate", "latest"}), folder.path());
  EXPECT_EQ(validated.exit_code, 0) << validated.err;
}

TEST(BenchmarkStates, TheRunSaysWhatTheManifestSays) {
  const test::Folder folder;
  const test::Finished finished =
      test::run_program(run_benchmarks({"-f", "^benchmarks/good$", "--min-time", "0.25"}), folder.path());
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  const Json run = test::latest_run(folder.path());
  EXPECT_EQ(run["plan"]["min_time_ms"], 250);
  EXPECT_EQ(run["plan"]["cases"], Json::array({{{"subject", "benchmarks"}, {"benchmark", "good"}, {"rounds", 1}}}));
  EXPECT_THAT(run["oracle"], IsEmpty()) << "a benchmark checks its answer itself";
  const Json& subject = run["subjects"][0];
  EXPECT_EQ(subject["kind"], "google_benchmark");
  EXPECT_EQ(subject["version"], "7");
  EXPECT_EQ(subject["build"]["compiler"], "none");
  ASSERT_EQ(subject["anchors"].size(), 2U);
  EXPECT_EQ(subject["anchors"][0], (Json{{"benchmark", "with_op"},
                                         {"measure", "op"},
                                         {"component", "the queue"},
                                         {"operations", 2},
                                         {"figure", "2500000.0"},
                                         {"unit", "per_s"},
                                         {"seed", "a queue, 2.5 M ops/s"},
                                         {"original", "measured before"}}));
  EXPECT_EQ(test::latest_trials(folder.path()).at(0)["stdout_bytes"],
            std::string("about to measure for 0.25 s\n").size());
}

TEST(BenchmarkStates, NoOracleIsNeededWhereThereAreBenchmarksOnly) {
  const test::Folder folder;
  const fs::path catalog = folder.write("catalog.json", R"({"v":1,"tasks":[1],
      "workloads":[{"id":"w","title":"t","task":"t","holds":"h","answer":"a"}],
      "subjects":[{"id":"missing","title":"t","language":"l","note":"","oracle":true}]})");
  const auto run_with = [&](const std::string& subjects) {
    return test::run_program(test::flowbench({"run", "--catalog", catalog.string(), "--subject", "benchmarks",
                                              "--subjects", subjects, "-f", "good$|/w/", "--rounds", "1"}),
                             folder.path());
  };
  EXPECT_EQ(run_with("benchmarks").exit_code, 0);
  EXPECT_THAT(test::latest_trials(folder.path()), testing::SizeIs(1));
  const test::Finished with_workload = run_with("missing");
  EXPECT_EQ(with_workload.exit_code, 2);
  EXPECT_THAT(with_workload.err, HasSubstr("the oracle missing is not built"));
}

TEST(BenchmarkStates, BenchmarksAreShuffledAmongWorkloads) {
  const test::Folder folder;
  const test::Finished finished =
      test::run_program(test::flowbench_run({"--subject", "benchmarks", "--subjects", "honest", "-f", "good|plain",
                                             "--tasks", "10", "--rounds", "4", "--seed", "3"}),
                        folder.path());
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  std::vector<std::string> first_of_round;
  for (const Json& trial : test::latest_trials(folder.path())) {
    if (trial["order"] == 0) first_of_round.push_back(trial["subject"]);
  }
  EXPECT_THAT(first_of_round,
              testing::AllOf(testing::SizeIs(4), testing::Contains("honest"), testing::Contains("benchmarks")));
}

TEST(BenchmarkStates, AnInterruptedRunGoesOn) {
  const test::Folder folder;
  const std::vector<std::string> arguments{"-f", "good"};
  ASSERT_EQ(test::run_program(run_benchmarks({"-f", "good"}), folder.path()).exit_code, 0);
  const fs::path file = folder.path() / "results/latest/trials.jsonl";
  const std::string whole = test::read_text(file);
  test::write_text(file, whole.substr(0, whole.find('\n') + 1));
  const test::Finished resumed = test::run_program(test::flowbench({"run", "--resume", "latest"}), folder.path());
  EXPECT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(test::latest_trials(folder.path()).size(), 2U);
}

// A subject whose benchmarks cannot be listed has one line, whatever it would have had.
TEST(BenchmarkStates, WhatCannotBeListedIsSaidOnce) {
  const test::Folder folder;
  const auto trial_of = [&](const std::string& command) {
    (void)folder.write("m.json", R"({"v":1,"kind":"google_benchmark","id":"m","title":"t","language":"sh","command":)" +
                                     command + "}");
    const test::Finished finished = test::run_program(
        test::flowbench_run({"--subject", "m.json", "--subjects", "m", "--rounds", "3"}), folder.path());
    EXPECT_EQ(finished.exit_code, 1) << finished.err;
    const std::vector<Json> trials = test::latest_trials(folder.path());
    EXPECT_EQ(trials.size(), 1U);
    EXPECT_EQ(trials.at(0)["benchmark"], "*");
    return trials.at(0);
  };
  const std::string fake = std::string("[\"") + FLOWBENCH_FAKES + "/benchmarks\",\"";
  const Json crashed = trial_of(fake + "crash_on_list\"]");
  EXPECT_EQ(crashed["status"], "crashed");
  EXPECT_EQ(crashed["reason"], "its benchmarks could not be listed: exit code 3: no device");
  const Json empty = trial_of(fake + "nothing_to_list\"]");
  EXPECT_EQ(empty["status"], "protocol_error");
  EXPECT_EQ(empty["reason"], "its benchmarks could not be listed: it named none");
  const Json absent = trial_of(R"(["./no_such_program"])");
  EXPECT_EQ(absent["status"], "launch_failed");
  EXPECT_THAT(absent["reason"].get<std::string>(), HasSubstr("No such file"));
}

TEST(BenchmarkStates, ListShowsTheNames) {
  const test::Folder folder;
  const test::Finished listed = test::run_program(
      test::flowbench({"list", "--catalog", FLOWBENCH_FAKE_CATALOG, "--subject", "benchmarks"}), folder.path());
  EXPECT_EQ(listed.exit_code, 0) << listed.err;
  EXPECT_THAT(listed.out, HasSubstr("    benchmark good/size:8/real_time\n"));
  EXPECT_THAT(listed.out, HasSubstr("    benchmark named_twice: two benchmarks have this name"));
}

// The real library, whose grammar of regular expressions a fake cannot stand for.
TEST(BenchmarkStates, TheRealLibraryRunsEachNameAlone) {
  const fs::path program = fs::path(FLOWBENCH_FAKES) / "real_benchmarks";
  if (!fs::exists(program)) GTEST_SKIP() << "Google Benchmark was not found when this was built";
  const test::Folder folder;
  (void)folder.write("m.json",
                     R"({"v":1,"kind":"google_benchmark","id":"real","title":"t","language":"C++","command":[")" +
                         program.string() + R"("],"allow_debug_library":true})");
  const test::Finished finished = test::run_program(
      test::flowbench_run({"--subject", "m.json", "--subjects", "real", "--rounds", "1", "--min-time", "0.001"}),
      folder.path());
  EXPECT_EQ(finished.exit_code, 1) << finished.err;
  std::map<std::string, Json> trials;
  for (const Json& trial : test::latest_trials(folder.path())) trials[trial["benchmark"]] = trial;
  EXPECT_EQ(trials.size(), 9U);
  for (const char* name :
       {"plain", "plain/longer", "size/8", "two/real_time/threads:2", R"(a.b*c+(d)[e]{f}|^g$?\h "i" 'j' é)"}) {
    ASSERT_TRUE(trials.contains(name)) << name;
    EXPECT_EQ(trials[name]["status"], "ok") << trials[name];
    EXPECT_GT(trials[name]["measurement"]["iterations"], 1) << trials[name];
  }
  EXPECT_EQ(trials["two/real_time/threads:2"]["measurement"]["threads"], 2);
  EXPECT_TRUE(trials["size/8"]["measurement"]["counters"].contains("op"));
  EXPECT_EQ(trials["fails"]["status"], "wrong_answer");
  EXPECT_EQ(trials["fails"]["reason"], "it says: wrong answer");
  EXPECT_EQ(trials["nan"]["status"], "protocol_error");
  EXPECT_THAT(trials["nan"]["reason"].get<std::string>(), HasSubstr("'ratio' is"));
  EXPECT_EQ(trials["many/repeats:3"]["status"], "unsupported");
  EXPECT_EQ(trials["same"]["status"], "protocol_error");
}

} // namespace
} // namespace flowbench
