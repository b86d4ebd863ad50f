// TaskGroup: tasks that spawn tasks, fail, and are stopped, all joined by one counter.
#include "actor.hpp"

#include "flowcoro/async/task_group.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <vector>

namespace {

using flowcoro::Lazy;
using flowcoro::Task;
using flowcoro::TaskGroup;
using flowcoro::test::act;
using flowcoro::test::CheckedScheduler;
using flowcoro::test::Choices;
using flowcoro::test::Ending;
using flowcoro::test::ending_of;
using flowcoro::test::expect_lost_failures;
using flowcoro::test::Lives;
using flowcoro::test::over_seeds;
using flowcoro::test::Plan;
using flowcoro::test::stop_later;

constexpr std::size_t seeds = 10'000;

struct Member {
  Plan plan;
  std::vector<Member> spawns;
};

/// Spawns its own members one by one, then acts.
Lazy<int> be_member(Lives& lives, TaskGroup& group, Member member) {
  for (Member& next : member.spawns) {
    group.spawn(be_member, std::ref(lives), std::ref(group), next);
    co_await flowcoro::yield();
  }
  auto acting = act(lives, member.plan);
  co_return co_await acting;
}

Member choose_member(Choices& choices, int& name, int depth, bool may_wait) {
  Member member{.plan = choose_plan(choices, name++, choices.one_in(2), may_wait), .spawns = {}};
  for (int i = depth == 0 ? 0 : choices.from_to(0, 2); i > 0; --i)
    member.spawns.push_back(choose_member(choices, name, depth - 1, may_wait));
  return member;
}

int size_of(const Member& member) {
  int size = 1;
  for (const Member& spawned : member.spawns) size += size_of(spawned);
  return size;
}

TEST(TaskGroupOverSeeds, JoinsAllThatItsTasksSpawnAndRethrowsTheFirstFailure) {
  over_seeds(seeds, [](Choices& choices) {
    const bool stopped = choices.one_in(3);
    const bool fails = choices.one_in(3);
    int name = 0;
    Member body = choose_member(choices, name, 2, stopped || fails);
    if (fails) body.plan.end = Plan::End::failure;
    Lives lives;
    CheckedScheduler scheduler{choices};
    const Ending ending = scheduler.run([&]() -> Lazy<Ending> {
      auto whole = flowcoro::spawn([&]() -> Lazy<Ending> {
        auto group = flowcoro::with_task_group([&](TaskGroup& in) { return be_member(lives, in, body); });
        co_return co_await ending_of(group);
      });
      if (stopped) co_await stop_later(whole, choices.from_to(0, 8), std::chrono::milliseconds{choices.from_to(0, 5)});
      co_return co_await whole;
    });
    EXPECT_EQ(lives.running(), 0) << "the group has joined all";
    if (lives.failed.empty()) {
      EXPECT_TRUE(ending.good() || stopped);
      if (!stopped) {
        EXPECT_EQ(lives.begun, size_of(body));
      }
    } else {
      EXPECT_EQ(ending.failure, lives.failed.front()) << "the first in time";
      expect_lost_failures(scheduler, lives.failed.size() - 1);
    }
  });
}

TEST(TaskGroupOverSeeds, MayBeJoinedAgainAfterMoreWasSpawned) {
  over_seeds(seeds, [](Choices& choices) {
    CheckedScheduler scheduler{choices};
    scheduler.run([&]() -> Lazy<void> {
      Lives lives;
      TaskGroup group;
      for (int round = 0; round < 3; ++round) {
        const int members = choices.from_to(0, 4);
        for (int i = 0; i < members; ++i) group.spawn(act, std::ref(lives), choose_plan(choices, i, false, false));
        for (int i = choices.from_to(0, 6); i > 0; --i) co_await flowcoro::yield(); // some may end before the join
        auto joined = group.join();
        co_await joined;
        EXPECT_EQ(lives.running(), 0);
      }
    });
  });
}

TEST(TaskGroupOverSeeds, EndsEverybodyWhenItIsStoppedFromInside) {
  over_seeds(seeds, [](Choices& choices) {
    Lives lives;
    CheckedScheduler scheduler{choices};
    scheduler.run([&]() -> Lazy<void> {
      TaskGroup group;
      const int members = choices.from_to(0, 5);
      for (int i = 0; i < members; ++i) {
        Plan plan = choose_plan(choices, i, false, false);
        plan.end = Plan::End::waits_for_stop;
        group.spawn(act, std::ref(lives), plan);
      }
      group.spawn(
          [](TaskGroup& all, int turns) -> Lazy<void> {
            for (int i = 0; i < turns; ++i) co_await flowcoro::yield();
            all.request_stop();
          },
          std::ref(group), choices.from_to(0, 8));
      auto joined = group.join();
      co_await joined;
      EXPECT_EQ(lives.begun, members);
      EXPECT_EQ(lives.running(), 0);
    });
    EXPECT_LE(scheduler.now().time_since_epoch(), std::chrono::milliseconds{4});
  });
}

} // namespace
