#include "model/scenarios.hpp"
#include "support/build.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

/// The real lock-free parts in small programs, in every run within the bounds.
///
/// FLOWCORO_MODEL_CHOICES=<choices of a failure> runs that one again and prints it; FLOWCORO_MODEL_DEEPER=1 explores with one
/// preemption more and any number of stale reads, for a few million runs each.
namespace {

using flowcoro::model::Bounds;
using flowcoro::model::explore;
using flowcoro::model::replay;
using flowcoro::model::Report;
using flowcoro::model::Scenario;
using flowcoro::model::Verdict;

class Scenarios : public testing::TestWithParam<Scenario> {};

TEST_P(Scenarios, HasNoRunThatFails) {
  Bounds bounds = GetParam().bounds;
  if (const char* choices = std::getenv("FLOWCORO_MODEL_CHOICES")) {
    const Report report = replay(bounds, choices, GetParam().program);
    std::cout << report;
    EXPECT_EQ(report.verdict, Verdict::passed);
    return;
  }
  const bool deeper = flowcoro::model::explores_deeper();
  if (deeper) {
    ++bounds.preemptions;
    bounds.stale = Bounds::unlimited;
    bounds.runs = 5'000'000;
  } else if (flowcoro::test::address_sanitized || flowcoro::test::thread_sanitized) {
    // There is one thread, and what it may do wrong does not need long runs to show.
    bounds.preemptions = 1;
  }
  const Report report = explore(bounds, GetParam().program);
  if (!deeper || report.verdict != Verdict::incomplete) {
    EXPECT_EQ(report.verdict, Verdict::passed) << report;
  }
  RecordProperty("runs", std::to_string(report.runs));
  RecordProperty("operations", std::to_string(report.operations));
}

std::string name_of(const testing::TestParamInfo<Scenario>& info) { return std::string{info.param.name}; }

INSTANTIATE_TEST_SUITE_P(LocalQueue, Scenarios, testing::ValuesIn(flowcoro::model::local_queue_scenarios()), name_of);
INSTANTIATE_TEST_SUITE_P(InjectQueue, Scenarios, testing::ValuesIn(flowcoro::model::inject_queue_scenarios()), name_of);
INSTANTIATE_TEST_SUITE_P(MpmcQueue, Scenarios, testing::ValuesIn(flowcoro::model::mpmc_queue_scenarios()), name_of);
INSTANTIATE_TEST_SUITE_P(MpscQueue, Scenarios, testing::ValuesIn(flowcoro::model::mpsc_queue_scenarios()), name_of);
INSTANTIATE_TEST_SUITE_P(Parker, Scenarios, testing::ValuesIn(flowcoro::model::parker_scenarios()), name_of);
INSTANTIATE_TEST_SUITE_P(EventCount, Scenarios, testing::ValuesIn(flowcoro::model::event_count_scenarios()), name_of);
INSTANTIATE_TEST_SUITE_P(SpinLock, Scenarios, testing::ValuesIn(flowcoro::model::spin_lock_scenarios()), name_of);
INSTANTIATE_TEST_SUITE_P(TaskHandshake, Scenarios, testing::ValuesIn(flowcoro::model::task_handshake_scenarios()),
                         name_of);
INSTANTIATE_TEST_SUITE_P(FrameState, Scenarios, testing::ValuesIn(flowcoro::model::frame_state_scenarios()), name_of);
INSTANTIATE_TEST_SUITE_P(StopState, Scenarios, testing::ValuesIn(flowcoro::model::stop_state_scenarios()), name_of);
INSTANTIATE_TEST_SUITE_P(TwoEnds, Scenarios, testing::ValuesIn(flowcoro::model::two_ends_scenarios()), name_of);
INSTANTIATE_TEST_SUITE_P(TraceRing, Scenarios, testing::ValuesIn(flowcoro::model::trace_ring_scenarios()), name_of);
INSTANTIATE_TEST_SUITE_P(IdleWorkers, Scenarios, testing::ValuesIn(flowcoro::model::idle_workers_scenarios()), name_of);

} // namespace
