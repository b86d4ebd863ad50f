#include "flowbench_kit/phases.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <stdexcept>

// The runtime of these tests plays back what a test wants a workload to do.
struct flowbench::Runtime {
  std::function<flowbench::Outcome(const flowbench::Phase&, int call)> play;
  int calls = 0;
};

namespace flowbench {
namespace {

Outcome run_script(Runtime& runtime, const Phase& phase) { return runtime.play(phase, runtime.calls++); }

struct Script {
  Runtime runtime;
  Lateness lateness;
  QueueingDelays queueing;

  explicit Script(std::function<Outcome(const Phase&, int)> play) : runtime{.play = std::move(play)} {}

  std::variant<Measured, Unsupported> run(std::uint64_t phases) {
    return run_phases(run_script, runtime,
                      {.tasks = 10, .seed = 1, .workers = 1, .lateness = lateness, .queueing = queueing}, phases);
  }
};

TEST(Phases, ZeroMeansOneRunForItsAnswerAndNoSample) {
  Script script([](const Phase& phase, int) { return Finished{.completed = phase.tasks, .answer = 5}; });
  const auto outcome = script.run(0);
  const auto& measured = std::get<Measured>(outcome);
  EXPECT_EQ(script.runtime.calls, 1);
  EXPECT_TRUE(measured.samples.empty());
  EXPECT_EQ(measured.result.answer, 5U);
}

TEST(Phases, GiveOneSampleEach) {
  Script script([](const Phase& phase, int) { return Finished{.completed = phase.tasks, .answer = 5}; });
  const auto outcome = script.run(3);
  EXPECT_EQ(script.runtime.calls, 3);
  EXPECT_EQ(std::get<Measured>(outcome).samples.size(), 3U);
}

TEST(Phases, TimeTheWorkloadByTheSteadyClockAndByCpu) {
  constexpr std::chrono::milliseconds busy{20};
  Script script([&](const Phase&, int) {
    for (const auto end = std::chrono::steady_clock::now() + busy; std::chrono::steady_clock::now() < end;) {
    }
    return Finished{.completed = 10, .answer = 5};
  });
  const auto outcome = script.run(1);
  const Sample& sample = std::get<Measured>(outcome).samples.at(0);
  EXPECT_GE(sample.wall_ns, 20'000'000U);
  EXPECT_GT(sample.cpu_ns, 0U);
  EXPECT_LE(sample.cpu_ns, sample.wall_ns + 20'000'000U) << "one thread cannot use more CPU than time";
  EXPECT_GT(sample.rss_before_bytes, 0U);
  EXPECT_GE(sample.peak_rss_bytes, sample.rss_before_bytes);
}

TEST(Phases, CountEarlyWakesInThePhaseWhereTheyHappened) {
  Script script([](const Phase& phase, int call) {
    phase.lateness.record_ns(call == 1 ? -1 : 1);
    return Finished{.completed = 10, .answer = 5, .max_in_flight = 10};
  });
  const auto outcome = script.run(3);
  const auto& samples = std::get<Measured>(outcome).samples;
  EXPECT_EQ(samples.at(0).early_wakes, 0U);
  EXPECT_EQ(samples.at(1).early_wakes, 1U);
  EXPECT_EQ(samples.at(2).early_wakes, 0U);
  EXPECT_EQ(samples.at(2).max_in_flight, 10U);
}

TEST(Phases, SayNothingOfEarlyWakesWhereNobodySlept) {
  Script script([](const Phase&, int) { return Finished{.completed = 10, .answer = 5}; });
  const auto outcome = script.run(1);
  EXPECT_EQ(std::get<Measured>(outcome).samples.at(0).early_wakes, std::nullopt);
}

TEST(Phases, AddUpWhatWasThrottledAndKeepTheFirstReason) {
  Script script([](const Phase&, int call) {
    return Finished{.completed = 10,
                    .answer = 5,
                    .throttled = static_cast<std::uint64_t>(call),
                    .throttle_reason = call > 0 ? "phase " + std::to_string(call) : ""};
  });
  const auto outcome = script.run(3);
  EXPECT_EQ(std::get<Measured>(outcome).result.throttled, 3U);
  EXPECT_EQ(std::get<Measured>(outcome).result.throttle_reason, "phase 1");
}

TEST(Phases, AreUnsupportedAsSoonAsOneIs) {
  Script script([](const Phase&, int call) -> Outcome {
    if (call == 1) return Unsupported{.reason = "no more threads"};
    return Finished{.completed = 10, .answer = 5};
  });
  const auto outcome = script.run(3);
  EXPECT_EQ(std::get<Unsupported>(outcome).reason, "no more threads");
  EXPECT_EQ(script.runtime.calls, 2);
}

TEST(Phases, ThatDisagreeAreAnError) {
  Script answers(
      [](const Phase&, int call) { return Finished{.completed = 10, .answer = static_cast<std::uint64_t>(call)}; });
  EXPECT_THROW(static_cast<void>(answers.run(2)), std::runtime_error);
  Script counts(
      [](const Phase&, int call) { return Finished{.completed = static_cast<std::uint64_t>(call), .answer = 5}; });
  EXPECT_THROW(static_cast<void>(counts.run(2)), std::runtime_error);
}

} // namespace
} // namespace flowbench
