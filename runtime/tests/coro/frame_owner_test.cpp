#include "flowcoro/coro/frame_owner.hpp"

#include "support/build.hpp"
#include "support/plain_coroutine.hpp"
#include "support/start_together.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace {

using flowcoro::Destroyed;
using flowcoro::FrameOwner;
using flowcoro::Resumed;
using flowcoro::test::counts_turns;
using flowcoro::test::InFrame;
using flowcoro::test::Plain;
using flowcoro::test::PlainPromise;
using flowcoro::test::rounds;

using Owner = FrameOwner<PlainPromise>;

static_assert(!std::is_copy_constructible_v<Owner> && std::is_nothrow_move_constructible_v<Owner> &&
              std::is_nothrow_destructible_v<Owner>);

Plain two_steps(std::atomic<int>& destroyed) {
  const InFrame in_frame{destroyed};
  co_await std::suspend_always{};
}

TEST(FrameOwner, ResumesToTheEndAndKeepsThePromiseUntilItIsDestroyed) {
  std::atomic<int> destroyed{0};
  {
    Owner owner{two_steps(destroyed).handle};
    owner.promise().value = 5;
    EXPECT_EQ(owner.resume(), Resumed::suspended);
    EXPECT_FALSE(owner.done());
    EXPECT_EQ(owner.resume(), Resumed::finished);
    EXPECT_TRUE(owner.done());
    EXPECT_EQ(owner.resume(), Resumed::finished);
    EXPECT_EQ(owner.promise().value, 5);
  }
  EXPECT_EQ(destroyed, 1);
}

TEST(FrameOwner, OperationsAfterItWasDestroyedSaySo) {
  std::atomic<int> turns{0}, destroyed{0};
  Owner owner{counts_turns(turns, destroyed).handle};
  EXPECT_EQ(owner.resume(), Resumed::suspended);
  EXPECT_TRUE(owner);
  EXPECT_EQ(owner.destroy(), Destroyed::now);
  EXPECT_EQ(owner.destroy(), Destroyed::before);
  EXPECT_EQ(owner.resume(), Resumed::destroyed);
  EXPECT_FALSE(owner.done());
  EXPECT_TRUE(owner.destroyed());
  EXPECT_FALSE(owner);
  EXPECT_EQ(destroyed, 1);
  Owner empty;
  EXPECT_EQ(empty.resume(), Resumed::destroyed);
  EXPECT_EQ(empty.destroy(), Destroyed::before);
}

TEST(FrameOwnerDeathTest, ThePromiseOfNothingIsRefused) {
  const Owner empty;
  EXPECT_DEATH(static_cast<void>(empty.promise()), "the promise of a coroutine that was destroyed");
}

TEST(FrameOwner, MovesAndGivesTheCoroutineAway) {
  std::atomic<int> turns{0}, destroyed{0};
  Owner one{counts_turns(turns, destroyed).handle};
  Owner two{counts_turns(turns, destroyed).handle};
  for (Owner* owner : {&one, &two}) EXPECT_EQ(owner->resume(), Resumed::suspended);
  two = std::move(one);
  EXPECT_EQ(destroyed, 1);
  EXPECT_FALSE(one); // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(two.resume(), Resumed::suspended);
  const auto handle = two.release();
  EXPECT_FALSE(two);
  EXPECT_EQ(two.release(), nullptr);
  EXPECT_EQ(destroyed, 1);
  handle.destroy();
}

Plain destroys_itself(Owner& owner, Destroyed& answer, std::atomic<int>& destroyed) {
  const InFrame in_frame{destroyed};
  answer = owner.destroy();
  co_await std::suspend_always{};
  ADD_FAILURE() << "it was resumed";
}

TEST(FrameOwner, OneThatIsDestroyedWhileItRunsGoesAtItsNextSuspension) {
  std::atomic<int> destroyed{0};
  Destroyed answer{};
  Owner owner;
  owner = Owner{destroys_itself(owner, answer, destroyed).handle};
  EXPECT_EQ(owner.resume(), Resumed::suspended);
  EXPECT_EQ(answer, Destroyed::later);
  EXPECT_EQ(destroyed, 1);
  EXPECT_EQ(owner.resume(), Resumed::destroyed);
}

Plain resumes_itself(Owner& owner, Resumed& answer, std::atomic<int>& destroyed) {
  const InFrame in_frame{destroyed};
  answer = owner.resume();
  co_await std::suspend_always{};
  answer = owner.resume();
}

TEST(FrameOwner, OneThatResumesItselfIsBusyAndStaysWhereItIs) {
  std::atomic<int> destroyed{0};
  Resumed answer{};
  Owner owner;
  owner = Owner{resumes_itself(owner, answer, destroyed).handle};
  EXPECT_EQ(owner.resume(), Resumed::suspended);
  EXPECT_EQ(answer, Resumed::busy);
  answer = {};
  EXPECT_EQ(owner.resume(), Resumed::finished);
  EXPECT_EQ(answer, Resumed::busy);
  EXPECT_EQ(owner.resume(), Resumed::finished);
}

Plain drops_its_owner(std::optional<Owner>& owner, std::atomic<int>& destroyed) {
  const InFrame in_frame{destroyed};
  owner.reset();
  EXPECT_EQ(destroyed, 0); // it still runs
  co_await std::suspend_always{};
}

TEST(FrameOwner, OneWhoseOwnerGoesWhileItRunsGoesAtItsNextSuspension) {
  std::atomic<int> destroyed{0};
  std::optional<Owner> owner;
  owner.emplace(drops_its_owner(owner, destroyed).handle);
  static_cast<void>(owner->resume());
  EXPECT_EQ(destroyed, 1);
}

Plain throws(std::atomic<int>& destroyed) {
  const InFrame in_frame{destroyed};
  co_await std::suspend_always{};
  throw std::runtime_error{"no"};
}

TEST(FrameOwner, PassesOnWhatLeavesTheCoroutine) {
  std::atomic<int> destroyed{0};
  Owner owner{throws(destroyed).handle};
  EXPECT_EQ(owner.resume(), Resumed::suspended);
  EXPECT_THROW(owner.resume(), std::runtime_error);
  EXPECT_TRUE(owner.done());
  EXPECT_EQ(owner.resume(), Resumed::finished);
}

TEST(FrameOwner, WorksWithoutThePromisesType) {
  std::atomic<int> turns{0}, destroyed{0};
  {
    FrameOwner<> owner{counts_turns(turns, destroyed).handle};
    EXPECT_EQ(owner.resume(), Resumed::suspended);
  }
  EXPECT_EQ(destroyed, 1);
}

TEST(FrameOwner, IsDestroyedOnceByEightThreads) {
  for (std::size_t i = 0; i < rounds(3000); ++i) {
    std::atomic<int> turns{0}, destroyed{0}, now{0};
    Owner owner{counts_turns(turns, destroyed).handle};
    static_cast<void>(owner.resume());
    flowcoro::test::start_together(8, [&](std::size_t) {
      if (owner.destroy() == Destroyed::now) now.fetch_add(1);
    });
    EXPECT_EQ(now, 1);
    EXPECT_EQ(destroyed, 1);
  }
}

TEST(FrameOwner, IsNeverRunTwiceAtOnceNorAfterItsEnd) {
  struct Exclusive {
    std::atomic<bool> inside{false};
    std::atomic<bool> broken{false};
    int plain = 0; // ThreadSanitizer looks at it
  };
  const auto body = [](Exclusive& e, std::atomic<int>& destroyed) -> Plain {
    const InFrame in_frame{destroyed};
    for (;;) {
      if (e.inside.exchange(true)) e.broken = true;
      ++e.plain;
      e.inside = false;
      co_await std::suspend_always{};
    }
  };
  for (std::size_t i = 0; i < rounds(300); ++i) {
    Exclusive exclusive;
    std::atomic<int> destroyed{0}, resumed{0};
    Owner owner{body(exclusive, destroyed).handle};
    flowcoro::test::start_together(8, [&](std::size_t thread) {
      for (int turn = 0; turn < 100; ++turn) {
        if (thread == 0 && turn == 50) static_cast<void>(owner.destroy());
        if (owner.resume() == Resumed::suspended) resumed.fetch_add(1);
      }
    });
    EXPECT_FALSE(exclusive.broken);
    EXPECT_EQ(exclusive.plain, resumed);
    EXPECT_EQ(destroyed, 1);
  }
}

} // namespace
