#include "judge.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "support/samples.hpp"

namespace flowbench {
namespace {

using test::good_conversation;
using test::good_expectation;
using test::good_outcome;
using testing::HasSubstr;

// The verdict after one thing was changed in a trial that is good otherwise.
template <typename Change>
Verdict after(Change change) {
  ProcessOutcome outcome = good_outcome();
  Conversation conversation = good_conversation();
  Expectation expected = good_expectation();
  change(outcome, conversation, expected);
  return judge(outcome, conversation, expected);
}

Expectation with_rules() {
  Expectation expected = good_expectation();
  expected.rules = Rules{true, {{"lateness_ns", 1}}, {{1, 1'000'000}}};
  return expected;
}

Conversation keeping_rules() {
  Conversation conversation = good_conversation();
  for (Sample& sample : conversation.samples) sample.max_in_flight = 10;
  conversation.histograms = {{"lateness_ns", {{1024, 15}, {2048, 5}}}};
  return conversation;
}

TEST(Judge, GoodIsOkWithoutAReason) {
  const Verdict verdict = after([](auto&, auto&, auto&) {});
  EXPECT_EQ(verdict.status, Status::ok);
  EXPECT_EQ(verdict.reason, "");
}

TEST(Judge, ANonZeroExitSpoilsAGoodAnswer) {
  const Verdict verdict = after([](ProcessOutcome& outcome, auto&, auto&) {
    outcome.exit_code = 3;
    outcome.err.add("first\nlast words\n");
  });
  EXPECT_EQ(verdict.status, Status::crashed);
  EXPECT_EQ(verdict.reason, "exit code 3: last words");
}

TEST(Judge, NamesTheSignal) {
  const Verdict verdict = after([](ProcessOutcome& outcome, auto&, auto&) {
    outcome.exit_code.reset();
    outcome.signal = SIGSEGV;
  });
  EXPECT_EQ(verdict.status, Status::crashed);
  EXPECT_EQ(verdict.reason, "ended by signal 11 (SIGSEGV)");
}

TEST(Judge, ALibraryThatIsMissingKeptItFromStarting) {
  const auto with_stderr = [](const char* text) {
    return after([&](ProcessOutcome& outcome, auto&, auto&) {
      outcome.exit_code = 127;
      outcome.result_bytes = 0;
      outcome.err.add(text);
    });
  };
  const char* const loader = "./a: error while loading shared libraries: libx.so: cannot open shared object file\n";
  EXPECT_EQ(with_stderr(loader).status, Status::launch_failed);
  EXPECT_EQ(with_stderr("sh: 1: foo: not found\n").status, Status::crashed);
}

TEST(Judge, SaysThatALimitOfProcessesRefusedSome) {
  const Verdict verdict = after([](ProcessOutcome& outcome, auto&, auto&) {
    outcome.timed_out = true;
    outcome.refused_forks = 12;
  });
  EXPECT_EQ(verdict.status, Status::timed_out);
  EXPECT_EQ(verdict.reason, "its process limit refused it 12 more; still running at the time limit");
}

TEST(Judge, NoCpuEndsTenTasksInANanosecond) {
  const auto with_tasks = [](std::uint64_t tasks, std::uint64_t workers) {
    return after([&](auto&, Conversation& conversation, Expectation& expected) {
      for (Sample& sample : conversation.samples) sample.wall_ns = 10;
      conversation.done->completed = expected.tasks = tasks;
      expected.workers = workers;
    });
  };
  EXPECT_EQ(with_tasks(100, 1).status, Status::ok);
  EXPECT_EQ(with_tasks(110, 1).status, Status::wrong_answer);
  EXPECT_EQ(with_tasks(110, 2).status, Status::ok);
}

TEST(UnaccountedTime, IsWorthANoteAboveFivePercentAndTwoMilliseconds) {
  const auto with_samples = [](std::uint64_t told_ns, std::uint64_t result_ns) {
    Conversation conversation;
    conversation.samples.resize(2);
    for (Sample& sample : conversation.samples) sample.wall_ns = told_ns / 2;
    return unaccounted_time(conversation, result_ns);
  };
  EXPECT_EQ(with_samples(1'000, 2'001'000), std::nullopt);
  EXPECT_EQ(with_samples(1'000, 2'001'001), 2'000'001U);
  EXPECT_EQ(with_samples(100'000'000, 105'000'000), std::nullopt);
  EXPECT_EQ(with_samples(100'000'000, 106'000'000), 6'000'000U);
  EXPECT_EQ(with_samples(100'000'000, 5), std::nullopt) << "a subject may write all its records at the end";
  EXPECT_EQ(unaccounted_time({}, 1'000'000'000), std::nullopt) << "there is no sample to tell of it";
}

TEST(Judge, TakesTheFirstStateThatHolds) {
  const auto everything = [](ProcessOutcome& outcome, Conversation& conversation) {
    outcome.exit_code.reset();
    outcome.signal = SIGKILL;
    outcome.leaked = "sleep (pid 7)";
    conversation.error = "line 1: nonsense";
  };
  EXPECT_EQ(after([&](auto& o, auto& c, auto&) {
              everything(o, c);
              o.launch_error = "x";
              o.cancelled = true;
            }).status,
            Status::launch_failed);
  EXPECT_EQ(after([&](auto& o, auto& c, auto&) {
              everything(o, c);
              o.cancelled = o.out_of_memory = true;
            }).status,
            Status::cancelled);
  EXPECT_EQ(after([&](auto& o, auto& c, auto&) {
              everything(o, c);
              o.out_of_memory = o.timed_out = true;
            }).status,
            Status::out_of_memory);
  EXPECT_EQ(after([&](auto& o, auto& c, auto&) {
              everything(o, c);
              o.timed_out = true;
            }).status,
            Status::timed_out);
  EXPECT_EQ(after([&](auto& o, auto& c, auto&) { everything(o, c); }).status, Status::crashed);
  EXPECT_EQ(after([&](auto& o, auto& c, auto&) {
              everything(o, c);
              o.signal.reset();
              o.exit_code = 0;
            }).status,
            Status::leaked_processes);
  EXPECT_EQ(after([](auto&, auto& c, auto&) { c.error = "line 1: nonsense"; }).status, Status::protocol_error);
}

TEST(Judge, AStreamThatWasCutIsAProtocolError) {
  const Verdict verdict = after([](ProcessOutcome& outcome, auto&, auto&) { outcome.result_bytes = 17'000'000; });
  EXPECT_EQ(verdict.status, Status::protocol_error);
  EXPECT_THAT(verdict.reason, HasSubstr("more than 16 MiB"));
}

TEST(Judge, UnsupportedKeepsItsReason) {
  const Verdict verdict = after([](auto&, Conversation& conversation, auto&) {
    conversation.done.reset();
    conversation.unsupported = Unsupported{"no more than 7", {}, {}};
  });
  EXPECT_EQ(verdict.status, Status::unsupported);
  EXPECT_EQ(verdict.reason, "no more than 7");
}

TEST(Judge, HoldsTheAnswerAgainstTheOracle) {
  EXPECT_EQ(after([](auto&, auto& c, auto&) { c.done->answer = 43; }).reason, "answer is 43, expected 42");
  EXPECT_EQ(after([](auto&, auto& c, auto&) { c.done->completed = 9; }).reason, "completed is 9, expected 10");
  EXPECT_EQ(after([](auto&, auto& c, auto&) { c.samples.pop_back(); }).reason, "number of samples is 1, expected 2");
  EXPECT_EQ(after([](auto&, auto& c, auto&) { c.done->answer = 43; }).status, Status::wrong_answer);
}

TEST(Judge, SamplesFitIntoTheirProcess) {
  EXPECT_EQ(after([](auto&, auto& c, auto&) { c.samples[0].wall_ns = 999'000'000; }).status, Status::ok);
  EXPECT_THAT(after([](auto&, auto& c, auto&) { c.samples[0].wall_ns = 999'000'001; }).reason,
              HasSubstr("longer than the whole process"));
  EXPECT_THAT(after([](auto&, auto& c, auto&) { c.samples[1].cpu_ns = 1'001'000'000; }).reason,
              HasSubstr("more CPU time than the whole process"));
  EXPECT_EQ(after([](auto&, auto& c, auto&) { c.samples[1].wall_ns = 0; }).reason, "wall_ns of sample 1 is 0");
}

TEST(Judge, SumsOfSamplesDoNotWrapAround) {
  const Verdict verdict = after([](auto&, Conversation& conversation, auto&) {
    conversation.samples[0].wall_ns = ~std::uint64_t{0};
    conversation.samples[1].wall_ns = 2;
  });
  EXPECT_EQ(verdict.status, Status::wrong_answer);
}

TEST(Judge, KeepsTheRulesOfTheWorkload) {
  EXPECT_EQ(judge(good_outcome(), keeping_rules(), with_rules()).reason, "");
  const auto broken = [](auto change) {
    Conversation conversation = keeping_rules();
    change(conversation);
    const Verdict verdict = judge(good_outcome(), conversation, with_rules());
    EXPECT_EQ(verdict.status, Status::wrong_answer);
    return verdict.reason;
  };
  EXPECT_EQ(broken([](Conversation& c) { c.samples[1].max_in_flight = 11; }),
            "max_in_flight of sample 1 is 11, expected 10");
  EXPECT_EQ(broken([](Conversation& c) { c.samples[0].max_in_flight.reset(); }),
            "max_in_flight of sample 0 is missing");
  EXPECT_EQ(broken([](Conversation& c) { c.histograms.clear(); }), "histogram lateness_ns is missing");
  EXPECT_EQ(broken([](Conversation& c) { c.histograms[0].buckets.pop_back(); }),
            "count of histogram lateness_ns is 15, expected 20");
  EXPECT_THAT(broken([](Conversation& c) { c.samples[0].wall_ns = 999'999; }), HasSubstr("below the 1000000"));
}

TEST(Judge, KeepsALimitOfTasksInFlight) {
  Expectation expected = good_expectation();
  expected.rules.most_in_flight = 8;
  Conversation conversation = good_conversation();
  const auto with = [&](std::optional<std::uint64_t> most) {
    for (Sample& sample : conversation.samples) sample.max_in_flight = most;
    return judge(good_outcome(), conversation, expected);
  };
  EXPECT_EQ(with(8).status, Status::ok);
  EXPECT_EQ(with(1).status, Status::ok) << "a limit asks for no number";
  EXPECT_EQ(with(9).status, Status::wrong_answer);
  EXPECT_EQ(with(9).reason, "max_in_flight of sample 0 is 9, above the limit of 8");
  EXPECT_EQ(with(std::nullopt).reason, "max_in_flight of sample 0 is missing");
}

// Two samples of ten tasks: rounds of four, one part and three, and a last round that is cut to two tasks.
TEST(Judge, HistogramsThatShareTheTasksHaveEachItsOwnPart) {
  Expectation expected = good_expectation();
  expected.rules.histograms = {{"one_ns", 1}, {"three_ns", 3}};
  const auto with = [&](std::uint64_t one, std::uint64_t three) {
    Conversation conversation = good_conversation();
    conversation.histograms = {{"one_ns", {{1024, one}}}, {"three_ns", {{1024, three - 1}, {2048, 1}}}};
    return judge(good_outcome(), conversation, expected).reason;
  };
  EXPECT_EQ(with(4, 16), "");
  EXPECT_EQ(with(5, 15), "") << "the task of the cut round may be there in one sample";
  EXPECT_EQ(with(6, 14), "");
  EXPECT_EQ(with(3, 17), "count of histogram one_ns is 3, expected 4");
  EXPECT_EQ(with(7, 13), "count of histogram one_ns is 7, expected 6");
  EXPECT_EQ(with(4, 15), "count of all histograms is 19, expected 20");
  Conversation conversation = good_conversation();
  conversation.histograms = {{"one_ns", {{1024, 4}}}};
  EXPECT_EQ(judge(good_outcome(), conversation, expected).reason, "histogram three_ns is missing");
}

TEST(Judge, TasksThatWereNotAllInFlightAreALateMachineOrALateSubject) {
  Conversation conversation = keeping_rules();
  conversation.samples[1].max_in_flight = 9;
  const Verdict verdict = judge(good_outcome(), conversation, with_rules());
  EXPECT_EQ(verdict.status, Status::mistimed);
  EXPECT_EQ(verdict.reason, "not all tasks were in flight at once: max_in_flight of sample 1 is 9, expected 10");
  EXPECT_EQ(judge(good_outcome(), conversation, good_expectation()).status, Status::ok) << "no rule asks for it";
}

TEST(Judge, AWrongAnswerIsNeverTakenForALateMachine) {
  Conversation conversation = keeping_rules();
  conversation.samples[1].max_in_flight = 9;
  conversation.done->answer = 43;
  EXPECT_EQ(judge(good_outcome(), conversation, with_rules()).status, Status::wrong_answer);
  conversation = keeping_rules();
  conversation.samples[1].max_in_flight = 9;
  conversation.samples[1].early_wakes = 1;
  EXPECT_EQ(judge(good_outcome(), conversation, with_rules()).status, Status::wrong_answer);
}

TEST(Judge, AnEarlyWakeIsWrongWithOrWithoutRules) {
  EXPECT_EQ(after([](auto&, auto& c, auto&) { c.samples[0].early_wakes = 1; }).status, Status::wrong_answer);
  EXPECT_EQ(after([](auto&, auto& c, auto&) { c.samples[0].early_wakes = 0; }).status, Status::ok);
}

} // namespace
} // namespace flowbench
