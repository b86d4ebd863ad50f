#include "flowcoro/coro/home_frame.hpp"

#include "flowcoro/coro/sync_wait.hpp"
#include "flowcoro/coro/task.hpp"
#include "flowcoro/sched/runtime.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "flowcoro/sched/yield.hpp"
#include "support/asleep.hpp"
#include "support/build.hpp"
#include "support/checked_runtime.hpp"
#include "support/plain_coroutine.hpp"
#include "support/start_together.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using flowcoro::deadline_after;
using flowcoro::HomeFrame;
using flowcoro::HomeResume;
using flowcoro::run_posted_resumes;
using flowcoro::run_posted_resumes_until;
using flowcoro::steady_now;
using flowcoro::test::CheckedRuntime;
using flowcoro::test::counts_turns;
using flowcoro::test::InFrame;
using flowcoro::test::Plain;
using flowcoro::test::rounds;

/// Notes where it was resumed last.
Plain notes_thread(std::atomic<std::thread::id>& where, std::atomic<int>& turns) {
  for (;;) {
    where.store(std::this_thread::get_id());
    turns.fetch_add(1);
    co_await std::suspend_always{};
  }
}

TEST(HomeFrame, IsResumedAtOnceOnItsOwnThread) {
  std::atomic<std::thread::id> where{};
  std::atomic<int> turns{0};
  HomeFrame<> frame{notes_thread(where, turns).handle};
  EXPECT_TRUE(frame.at_home());
  EXPECT_EQ(frame.resume(), HomeResume::here);
  EXPECT_EQ(where.load(), std::this_thread::get_id());
  EXPECT_EQ(run_posted_resumes(), 0u);
}

TEST(HomeFrame, AResumeFromElsewhereComesHome) {
  std::atomic<std::thread::id> where{};
  std::atomic<int> turns{0};
  HomeFrame<> frame{notes_thread(where, turns).handle};
  std::thread other{[&frame] {
    EXPECT_FALSE(frame.at_home());
    EXPECT_EQ(frame.resume(), HomeResume::posted);
    EXPECT_EQ(frame.resume(), HomeResume::pending);
  }};
  other.join();
  EXPECT_EQ(turns, 0);
  EXPECT_EQ(run_posted_resumes(), 1u);
  EXPECT_EQ(turns, 1);
  EXPECT_EQ(where.load(), std::this_thread::get_id());
}

TEST(HomeFrame, AThreadThatWaitsForResumesIsWoken) {
  std::atomic<std::thread::id> where{};
  std::atomic<int> turns{0};
  HomeFrame<> frame{notes_thread(where, turns).handle};
  flowcoro::test::Watched home;
  std::atomic<bool> waits{false};
  std::thread other{[&] {
    while (!waits.load()) std::this_thread::yield();
    home.wait_until_asleep();
    EXPECT_EQ(frame.resume(), HomeResume::posted);
  }};
  home.is_this_thread();
  waits = true;
  EXPECT_EQ(run_posted_resumes_until(flowcoro::no_deadline), 1u);
  other.join();
  EXPECT_EQ(run_posted_resumes_until(deadline_after(steady_now(), 1ms)), 0u);
}

TEST(HomeFrame, ResumesOfSeveralComeInOrder) {
  std::vector<int> order;
  const auto body = [&order](int number) -> Plain {
    order.push_back(number);
    co_await std::suspend_always{};
  };
  std::vector<HomeFrame<>> frames;
  for (int i = 0; i < 4; ++i) frames.emplace_back(body(i).handle);
  std::thread{[&] {
    for (HomeFrame<>& frame : frames) static_cast<void>(frame.resume());
  }}.join();
  EXPECT_EQ(run_posted_resumes(), 4u);
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3}));
}

TEST(HomeFrame, AThreadThatEndsRunsWhatWasPostedAndSaysSoAfterwards) {
  std::atomic<std::thread::id> where{};
  std::atomic<int> turns{0};
  HomeFrame<> frame;
  std::atomic<bool> made{false}, posted{false};
  std::thread home{[&] {
    frame = HomeFrame<>{notes_thread(where, turns).handle};
    made = true;
    while (!posted.load()) std::this_thread::yield();
  }};
  const auto home_id = home.get_id();
  while (!made.load()) std::this_thread::yield();
  EXPECT_EQ(frame.resume(), HomeResume::posted);
  posted = true;
  home.join();
  EXPECT_EQ(turns, 1);
  EXPECT_EQ(where.load(), home_id);
  EXPECT_EQ(frame.resume(), HomeResume::no_home);
  EXPECT_EQ(turns, 1);
}

TEST(HomeFrame, OfAWorkerHasItsRuntimeAsHome) {
  CheckedRuntime runtime{2};
  std::atomic<std::thread::id> where{};
  std::atomic<int> turns{0};
  HomeFrame<> frame;
  auto made = flowcoro::spawn_on(runtime, [&] {
    frame = HomeFrame<>{notes_thread(where, turns).handle};
    EXPECT_EQ(frame.resume(), HomeResume::here);
  });
  flowcoro::sync_wait(runtime, made);
  EXPECT_FALSE(frame.at_home());
  EXPECT_EQ(frame.resume(), HomeResume::posted);
  while (turns.load() != 2) std::this_thread::yield();
  EXPECT_NE(where.load(), std::this_thread::get_id());
  while (frame.frame().use_count() != 1) std::this_thread::yield(); // its turn is over
}

Plain resumes_itself(HomeFrame<>& frame, HomeResume& answer, std::atomic<int>& turns) {
  turns.fetch_add(1);
  answer = frame.resume();
  co_await std::suspend_always{};
  turns.fetch_add(1);
}

TEST(HomeFrame, OneThatResumesItselfOrHasEndedIsLeftAsItIs) {
  std::atomic<int> turns{0};
  HomeResume answer{};
  HomeFrame<> frame;
  frame = HomeFrame<>{resumes_itself(frame, answer, turns).handle};
  EXPECT_EQ(frame.resume(), HomeResume::here);
  EXPECT_EQ(answer, HomeResume::here);
  EXPECT_EQ(turns, 1);
  EXPECT_EQ(frame.resume(), HomeResume::here);
  EXPECT_TRUE(frame.done());
  EXPECT_EQ(frame.resume(), HomeResume::here);
  std::thread{[&frame] { EXPECT_EQ(frame.resume(), HomeResume::posted); }}.join();
  EXPECT_EQ(run_posted_resumes(), 1u);
  EXPECT_EQ(turns, 2);
}

TEST(HomeFrame, OneThatWasDestroyedIsGone) {
  std::atomic<int> turns{0}, destroyed{0};
  HomeFrame<> frame{counts_turns(turns, destroyed).handle};
  std::thread{[&] { EXPECT_EQ(frame.resume(), HomeResume::posted); }}.join();
  EXPECT_EQ(frame.destroy(), flowcoro::Destroyed::now);
  EXPECT_EQ(frame.resume(), HomeResume::gone);
  EXPECT_EQ(run_posted_resumes(), 1u); // a turn without effect
  EXPECT_EQ(turns, 0);
  EXPECT_EQ(HomeFrame<>{}.resume(), HomeResume::gone);
}

TEST(HomeFrame, NoResumeOfManyThreadsIsLost) {
  std::atomic<std::uint64_t> asked{0}, seen{0};
  std::atomic<int> destroyed{0};
  const auto body = [&]() -> Plain {
    const InFrame in_frame{destroyed};
    for (;;) {
      seen.store(asked.load());
      co_await std::suspend_always{};
    }
  };
  {
    HomeFrame<> frame{body().handle};
    std::atomic<int> busy{4};
    std::vector<std::thread> others;
    for (int t = 0; t < 4; ++t) {
      others.emplace_back([&frame, &asked, &busy] {
        HomeFrame<> mine = frame;
        for (std::size_t i = 0; i < rounds(20'000); ++i) {
          asked.fetch_add(1);
          static_cast<void>(mine.resume());
        }
        busy.fetch_sub(1);
      });
    }
    while (busy.load() != 0 || seen.load() != asked.load())
      static_cast<void>(run_posted_resumes_until(deadline_after(steady_now(), 1ms)));
    for (std::thread& other : others) other.join();
    EXPECT_EQ(seen, 4 * rounds(20'000));
    static_cast<void>(run_posted_resumes());
  }
  EXPECT_EQ(destroyed, 1);
}

} // namespace
