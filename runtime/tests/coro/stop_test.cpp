#include "flowcoro/coro/stop.hpp"

#include "flowcoro/coro/errors.hpp"

#include "helpers.hpp"

#include "../support/build.hpp"
#include "../support/seed.hpp"
#include "../support/start_together.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace flowcoro {
namespace {

/// A registration that can be kept in a container and destroyed at any time.
struct Counting {
  std::atomic<int>& calls;
  void operator()() const noexcept { ++calls; }
};
using CountingCallback = StopCallback<Counting>;

TEST(StopToken, WithoutASourceCanNeverBeStopped) {
  const StopToken token;
  EXPECT_FALSE(token.stop_possible());
  EXPECT_FALSE(token.stop_requested());
  EXPECT_FALSE(StopToken::none().stop_possible());
  EXPECT_NO_THROW(StopToken::none().throw_if_stop_requested());
}

TEST(StopToken, ThrowsWhenAskedToOnceStopWasRequested) {
  StopSource source;
  const StopToken token = source.token();
  EXPECT_NO_THROW(token.throw_if_stop_requested());
  source.request_stop();
  EXPECT_THROW(token.throw_if_stop_requested(), OperationCancelled);
}

TEST(StopToken, SeesTheRequestOfItsSource) {
  StopSource source;
  const StopToken token = source.token();
  EXPECT_TRUE(token.stop_possible());
  EXPECT_FALSE(token.stop_requested());
  EXPECT_TRUE(source.request_stop());
  EXPECT_TRUE(token.stop_requested());
  EXPECT_TRUE(source.stop_requested());
}

TEST(StopToken, OutlivesItsSource) {
  StopToken token;
  {
    StopSource source;
    token = source.token();
    source.request_stop();
  }
  EXPECT_TRUE(token.stop_requested());
}

TEST(StopSource, TellsTheFirstRequestFromLaterOnes) {
  StopSource source;
  EXPECT_TRUE(source.request_stop());
  EXPECT_FALSE(source.request_stop());
}

TEST(StopSource, CopiesShareTheRequest) {
  StopSource source;
  StopSource copy = source;
  EXPECT_TRUE(copy.request_stop());
  EXPECT_TRUE(source.stop_requested());
}

TEST(StopSource, LetsExactlyOneOfManyThreadsMakeTheRequest) {
  for (std::size_t i = 0; i < test::rounds(2'000); ++i) {
    StopSource source;
    std::atomic<int> first{0};
    std::atomic<int> calls{0};
    const CountingCallback callback{source.token(), Counting{calls}};
    test::start_together(2, [&](std::size_t) { first += source.request_stop() ? 1 : 0; });
    ASSERT_EQ(first.load(), 1);
    ASSERT_EQ(calls.load(), 1);
  }
}

TEST(StopCallback, RunsOnceOnTheThreadThatRequests) {
  StopSource source;
  std::atomic<int> calls{0};
  std::thread::id where;
  const auto note = [&]() noexcept {
    ++calls;
    where = std::this_thread::get_id();
  };
  const StopCallback callback{source.token(), note};
  EXPECT_EQ(calls.load(), 0);
  std::jthread requester{[&] { source.request_stop(); }};
  const std::thread::id expected = requester.get_id();
  requester.join();
  source.request_stop();
  EXPECT_EQ(calls.load(), 1);
  EXPECT_EQ(where, expected);
}

TEST(StopCallback, RunsAtOnceAndHereWhenStopWasRequestedBefore) {
  StopSource source;
  source.request_stop();
  std::atomic<int> calls{0};
  const CountingCallback callback{source.token(), Counting{calls}};
  EXPECT_EQ(calls.load(), 1);
}

TEST(StopCallback, NeverRunsForATokenWithoutASource) {
  std::atomic<int> calls{0};
  {
    const CountingCallback callback{StopToken{}, Counting{calls}};
  }
  EXPECT_EQ(calls.load(), 0);
}

TEST(StopCallback, DestroyedBeforeTheRequestNeverRuns) {
  StopSource source;
  std::atomic<int> calls{0};
  {
    const CountingCallback callback{source.token(), Counting{calls}};
  }
  source.request_stop();
  EXPECT_EQ(calls.load(), 0);
}

TEST(StopCallback, KeepsTheStateAliveWithoutItsSource) {
  std::atomic<int> calls{0};
  std::optional<StopSource> source{std::in_place};
  const CountingCallback callback{source->token(), Counting{calls}};
  source.reset();
  EXPECT_EQ(calls.load(), 0);
}

TEST(StopCallback, SeesTheRequestAsMade) {
  StopSource source;
  bool requested = false;
  const StopToken token = source.token();
  const auto look = [&]() noexcept { requested = token.stop_requested(); };
  const StopCallback callback{token, look};
  source.request_stop();
  EXPECT_TRUE(requested);
}

TEST(StopCallback, MayDestroyItselfAndTheOthersStillRun) {
  struct Reset {
    std::unique_ptr<StopCallback<Reset>>& self;
    void operator()() const noexcept { self.reset(); }
  };
  StopSource source;
  std::atomic<int> calls{0};
  const CountingCallback older{source.token(), Counting{calls}};
  std::unique_ptr<StopCallback<Reset>> self;
  self = std::make_unique<StopCallback<Reset>>(source.token(), Reset{self});
  const CountingCallback newer{source.token(), Counting{calls}};
  source.request_stop();
  EXPECT_EQ(self, nullptr);
  EXPECT_EQ(calls.load(), 2);
}

TEST(StopCallback, MayDestroyAnotherThatHasNotRun) {
  StopSource source;
  std::atomic<int> calls{0};
  auto other = std::make_unique<CountingCallback>(source.token(), Counting{calls});
  const auto destroy_other = [&other]() noexcept { other.reset(); };
  const StopCallback newest{source.token(), destroy_other}; // the newest runs first
  source.request_stop();
  EXPECT_EQ(calls.load(), 0);
  EXPECT_EQ(other, nullptr);
}

TEST(StopCallback, MayRegisterAnotherWhichRunsAtOnce) {
  StopSource source;
  std::atomic<int> calls{0};
  std::optional<CountingCallback> other;
  const auto add = [&]() noexcept { other.emplace(source.token(), Counting{calls}); };
  const StopCallback callback{source.token(), add};
  source.request_stop();
  EXPECT_EQ(calls.load(), 1);
}

TEST(StopCallback, MayRequestStopAgainWithoutEffect) {
  StopSource source;
  bool second = true;
  const auto request = [&]() noexcept { second = source.request_stop(); };
  const StopCallback callback{source.token(), request};
  EXPECT_TRUE(source.request_stop());
  EXPECT_FALSE(second);
}

/// Source and callback die together while the callback runs.
struct SelfDestroying {
  struct Destroy {
    std::unique_ptr<SelfDestroying>& owner;
    void operator()() const noexcept { owner.reset(); }
  };
  explicit SelfDestroying(std::unique_ptr<SelfDestroying>& owner) : callback{source.token(), Destroy{owner}} {}
  StopSource source;
  StopCallback<Destroy> callback;
};

TEST(StopCallback, MayDestroyTheSourceAndTheLastToken) {
  std::unique_ptr<SelfDestroying> owner;
  owner = std::make_unique<SelfDestroying>(owner);
  EXPECT_TRUE(owner->source.request_stop());
  EXPECT_EQ(owner, nullptr);
}

TEST(StopCallback, DestroyedOnAnotherThreadWaitsForTheRunningCall) {
  StopSource source;
  std::atomic<bool> entered{false};
  std::atomic<bool> release{false};
  std::atomic<bool> left{false};
  const auto hold = [&]() noexcept {
    entered = true;
    while (!release.load()) std::this_thread::yield();
    left = true;
  };
  std::optional<StopCallback<decltype(hold)>> callback{std::in_place, source.token(), hold};
  std::jthread requester{[&] { source.request_stop(); }};
  ASSERT_TRUE(test::eventually([&] { return entered.load(); }));
  std::atomic<bool> destroyed{false};
  std::jthread destroyer{[&] {
    callback.reset();
    EXPECT_TRUE(left.load());
    destroyed = true;
  }};
  for (int i = 0; i < 1000; ++i) {
    EXPECT_FALSE(destroyed.load());
    std::this_thread::yield();
  }
  release = true;
  destroyer.join();
  EXPECT_TRUE(destroyed.load());
}

TEST(StopCallback, DestroyedOnAnotherThreadDoesNotWaitForADifferentOne) {
  StopSource source;
  std::atomic<int> calls{0};
  std::optional<CountingCallback> oldest{std::in_place, source.token(), Counting{calls}};
  std::atomic<bool> entered{false};
  std::atomic<bool> release{false};
  const auto hold = [&]() noexcept {
    entered = true;
    while (!release.load()) std::this_thread::yield();
  };
  const StopCallback newest{source.token(), hold};
  std::jthread requester{[&] { source.request_stop(); }};
  ASSERT_TRUE(test::eventually([&] { return entered.load(); }));
  oldest.reset(); // returns while the other one still runs
  EXPECT_EQ(calls.load(), 0);
  release = true;
}

TEST(StopCallback, OneMillionOfThemAreRemovedInAnyOrder) {
  const std::size_t count = test::rounds(1'000'000);
  test::Random random;
  StopSource source;
  std::atomic<int> calls{0};
  std::vector<std::unique_ptr<CountingCallback>> callbacks(count);
  for (auto& callback : callbacks) callback = std::make_unique<CountingCallback>(source.token(), Counting{calls});
  std::shuffle(callbacks.begin(), callbacks.end(), random.engine());
  callbacks.resize(count / 2);
  EXPECT_TRUE(source.request_stop());
  EXPECT_EQ(calls.load(), static_cast<int>(count / 2));
  callbacks.clear();
}

TEST(StopCallback, OneMillionOfThemLeaveNothingBehindWhoeverIsRemovedFirst) {
  const std::size_t count = test::rounds(1'000'000);
  test::Random random;
  StopSource source;
  std::atomic<int> calls{0};
  std::vector<std::unique_ptr<CountingCallback>> callbacks(count);
  for (auto& callback : callbacks) callback = std::make_unique<CountingCallback>(source.token(), Counting{calls});
  std::shuffle(callbacks.begin(), callbacks.end(), random.engine());
  callbacks.clear();
  EXPECT_TRUE(source.request_stop());
  EXPECT_EQ(calls.load(), 0);
}

TEST(StopRace, BetweenRegisteringAndRequestingRunsEachCallbackOnce) {
  for (std::size_t i = 0; i < test::rounds(3'000); ++i) {
    StopSource source;
    std::array<std::atomic<int>, 4> calls{};
    std::array<std::optional<CountingCallback>, 4> callbacks;
    test::start_together(3, [&](std::size_t thread) {
      if (thread == 2) {
        source.request_stop();
        return;
      }
      for (const std::size_t mine : {2 * thread, 2 * thread + 1})
        callbacks[mine].emplace(source.token(), Counting{calls[mine]});
    });
    for (const auto& count : calls) ASSERT_EQ(count.load(), 1);
  }
}

TEST(StopRace, BetweenDestroyingAndRequestingNeverRunsADestroyedCallback) {
  test::Random random;
  for (std::size_t i = 0; i < test::rounds(3'000); ++i) {
    StopSource source;
    const std::size_t early = random.below(200);
    const std::size_t late = random.below(200);
    test::start_together(2, [&](std::size_t thread) {
      if (thread == 0) {
        test::dawdle(early);
        source.request_stop();
        return;
      }
      auto target = std::make_unique<std::atomic<int>>(0);
      auto callback = std::make_unique<CountingCallback>(source.token(), Counting{*target});
      test::dawdle(late);
      callback.reset();
      const int calls = target->load();
      target.reset(); // a call from now on touches freed memory
      EXPECT_LE(calls, 1);
    });
  }
}

struct Node : StopNode {
  explicit Node(int& counter) noexcept
      : StopNode{[](StopNode& self) noexcept { ++static_cast<Node&>(self).calls; }}, calls{counter} {}
  int& calls;
};

TEST(StopState, ThatForwardsIsStoppedWithItsTarget) {
  StopState parent;
  StopState child;
  StopState grandchild;
  child.forward_to(parent);
  grandchild.forward_to(child);
  int calls = 0;
  Node node{calls};
  ASSERT_TRUE(grandchild.add(node));
  EXPECT_FALSE(grandchild.stop_requested());
  EXPECT_TRUE(parent.request_stop());
  EXPECT_TRUE(grandchild.stop_requested());
  EXPECT_TRUE(child.stop_requested());
  EXPECT_EQ(calls, 1);
  grandchild.remove(node);
}

TEST(StopState, ThatForwardsPassesItsOwnRequestToTheTarget) {
  StopState parent;
  StopState child;
  child.forward_to(parent);
  EXPECT_TRUE(child.request_stop());
  EXPECT_TRUE(parent.stop_requested());
  EXPECT_FALSE(parent.request_stop());
}

struct RelayNode : StopNode {
  explicit RelayNode(StopState& state) noexcept
      : StopNode{[](StopNode& self) noexcept { return static_cast<RelayNode&>(self).to; }}, to{&state} {}
  StopState* to;
};

TEST(StopState, IsStoppedThroughARelayBeforeTheRequestReturns) {
  StopState outer;
  StopState inner;
  int outer_calls = 0;
  int inner_calls = 0;
  Node older{outer_calls};
  RelayNode relay{inner};
  Node newer{outer_calls};
  Node in_inner{inner_calls};
  ASSERT_TRUE(outer.add(older) && outer.add(relay) && outer.add(newer) && inner.add(in_inner));
  EXPECT_TRUE(outer.request_stop());
  EXPECT_TRUE(inner.stop_requested());
  EXPECT_EQ(outer_calls, 2);
  EXPECT_EQ(inner_calls, 1);
  inner.remove(in_inner);
  for (StopNode* node :
       {static_cast<StopNode*>(&older), static_cast<StopNode*>(&relay), static_cast<StopNode*>(&newer)})
    outer.remove(*node);
}

TEST(StopState, ThatIsStoppedAlreadyIsSkippedByARelay) {
  StopState outer;
  StopState inner;
  inner.request_stop();
  RelayNode relay{inner};
  ASSERT_TRUE(outer.add(relay));
  EXPECT_TRUE(outer.request_stop());
  outer.remove(relay);
}

TEST(StopState, AtTheEndOfAMillionRelaysIsStoppedInBoundedStack) {
  const std::size_t count = test::rounds(1'000'000);
  std::vector<StopState> states(count + 1);
  std::vector<std::unique_ptr<RelayNode>> relays;
  for (std::size_t i = 0; i < count; ++i) {
    relays.push_back(std::make_unique<RelayNode>(states[i + 1]));
    ASSERT_TRUE(states[i].add(*relays[i]));
  }
  EXPECT_TRUE(states.front().request_stop());
  EXPECT_TRUE(states.back().stop_requested());
  for (std::size_t i = 0; i < count; ++i) states[i].remove(*relays[i]);
}

TEST(StopRace, BetweenARelayAndItsRemovalWaitsForTheRequestBehindIt) {
  test::Random random;
  for (std::size_t i = 0; i < test::rounds(3'000); ++i) {
    StopState outer;
    const std::size_t early = random.below(200);
    const std::size_t late = random.below(200);
    test::start_together(2, [&](std::size_t thread) {
      if (thread == 0) {
        test::dawdle(early);
        outer.request_stop();
        return;
      }
      auto inner = std::make_unique<StopState>();
      RelayNode relay{*inner};
      if (!outer.add(relay)) return;
      test::dawdle(late);
      outer.remove(relay);
      inner.reset(); // a request that is still on its way touches freed memory
    });
  }
}

TEST(StopState, TakesTheSameNodeAgainAfterItWasRemoved) {
  StopState first;
  StopState second;
  int calls = 0;
  Node node{calls};
  ASSERT_TRUE(first.add(node));
  first.remove(node);
  ASSERT_TRUE(second.add(node));
  first.request_stop();
  EXPECT_EQ(calls, 0);
  second.request_stop();
  EXPECT_EQ(calls, 1);
  second.remove(node);
}

TEST(StopState, RefusesANodeOnceStopWasRequested) {
  StopState state;
  state.request_stop();
  int calls = 0;
  Node node{calls};
  EXPECT_FALSE(state.add(node));
  EXPECT_EQ(calls, 0);
}

TEST(StopState, RunsTheNewestNodeFirst) {
  StopState state;
  std::vector<int> order;
  struct Ordered : StopNode {
    Ordered(std::vector<int>& list, int id) noexcept
        : StopNode{[](StopNode& self) noexcept {
            auto& node = static_cast<Ordered&>(self);
            node.out.push_back(node.number);
          }},
          out{list},
          number{id} {}
    std::vector<int>& out;
    int number;
  };
  Ordered one{order, 1};
  Ordered two{order, 2};
  Ordered three{order, 3};
  ASSERT_TRUE(state.add(one) && state.add(two) && state.add(three));
  state.remove(two);
  state.request_stop();
  EXPECT_EQ(order, (std::vector{3, 1}));
  state.remove(one);
  state.remove(three);
}

} // namespace
} // namespace flowcoro
