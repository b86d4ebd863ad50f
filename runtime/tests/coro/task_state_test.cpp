#include "flowcoro/coro/task_state.hpp"

#include "support/build.hpp"
#include "support/start_together.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace {

using flowcoro::IllegalTransition;
using flowcoro::may_follow;
using flowcoro::StateTrack;
using flowcoro::TaskState;
using enum flowcoro::TaskState;
using flowcoro::test::rounds;

TaskState state(std::size_t i) { return static_cast<TaskState>(i); }

/// A track that has come to `wanted` by legal steps.
void bring_to(StateTrack& track, TaskState wanted) {
  const auto step = [&track](TaskState to) { ASSERT_TRUE(track.move_to(to, "test")); };
  if (wanted == created) return;
  if (wanted == queued) return step(queued);
  step(running);
  if (wanted == running) return;
  if (wanted == destroyed) step(completed);
  step(wanted);
}

TEST(TaskState, ThereAreTheseTransitionsAndNoOthers) {
  const std::set<std::pair<TaskState, TaskState>> legal = {
      {created, queued},      {created, running},     {created, destroyed},   {queued, running},
      {queued, destroyed},    {running, suspended},   {running, queued},      {running, completed},
      {running, cancelled},   {running, failed},      {suspended, queued},    {suspended, running},
      {suspended, destroyed}, {completed, destroyed}, {cancelled, destroyed}, {failed, destroyed}};
  for (std::size_t from = 0; from < flowcoro::task_states; ++from) {
    for (std::size_t to = 0; to < flowcoro::task_states; ++to) {
      const bool expected = legal.contains({state(from), state(to)});
      EXPECT_EQ(may_follow(state(from), state(to)), expected) << from << " " << to;
      StateTrack track;
      bring_to(track, state(from));
      EXPECT_EQ(track.move(state(from), state(to)), expected);
      EXPECT_EQ(track.get(), expected ? state(to) : state(from));
    }
  }
}

TEST(TaskState, HasANameForEach) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < flowcoro::task_states; ++i) names.insert(to_string(state(i)));
  EXPECT_EQ(names.size(), flowcoro::task_states);
  EXPECT_EQ(to_string(suspended), "suspended");
}

TEST(TaskState, OfTwoThatGoOnFromOneStateOneSucceeds) {
  for (std::size_t i = 0; i < rounds(2000); ++i) {
    StateTrack track;
    std::atomic<int> moved{0};
    flowcoro::test::start_together(4, [&](std::size_t) {
      if (track.move(created, running)) moved.fetch_add(1);
    });
    EXPECT_EQ(moved, 1);
  }
}

IllegalTransition seen{};
void remember(const IllegalTransition& what) noexcept { seen = what; }

TEST(TaskState, AnIllegalTransitionIsReportedAndNotMade) {
  if (flowcoro::checked_build()) GTEST_SKIP() << "it aborts in this build; see the death test";
  const auto before = flowcoro::illegal_transitions();
  const auto old = flowcoro::on_illegal_transition(&remember);
  StateTrack track;
  EXPECT_FALSE(track.move_to(suspended, "upload"));
  EXPECT_EQ(track.get(), created);
  EXPECT_EQ(seen.task, "upload");
  EXPECT_EQ(seen.from, created);
  EXPECT_EQ(seen.to, suspended);
  EXPECT_EQ(flowcoro::illegal_transitions(), before + 1);
  EXPECT_EQ(flowcoro::on_illegal_transition(old), &remember);
}

TEST(TaskStateDeathTest, AnIllegalTransitionAbortsACheckedBuildWithTheNameOfTheTask) {
  if (!flowcoro::checked_build()) GTEST_SKIP() << "this build reports it and goes on";
  StateTrack track;
  EXPECT_DEATH(track.move_to(completed, "upload"), "task 'upload' went from created to completed");
}

} // namespace
