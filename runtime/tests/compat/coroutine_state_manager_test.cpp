#include "flowcoro/compat/coroutine_state_manager.hpp"

#include "support/start_together.hpp"

#include <gtest/gtest.h>

#include <atomic>

namespace {

using flowcoro::coroutine_state;
using flowcoro::coroutine_state_manager;

TEST(CoroutineStateManager, FollowsACoroutineToItsEnd) {
  coroutine_state_manager states{"upload"};
  EXPECT_EQ(states.name(), "upload");
  EXPECT_EQ(states.get_state(), coroutine_state::created);
  EXPECT_FALSE(states.is_active());
  for (const auto next :
       {coroutine_state::queued, coroutine_state::running, coroutine_state::suspended, coroutine_state::running}) {
    EXPECT_TRUE(states.transition(next));
    EXPECT_TRUE(states.is_active());
  }
  EXPECT_TRUE(states.transition(coroutine_state::completed));
  EXPECT_TRUE(states.is_terminal());
  EXPECT_FALSE(states.is_active());
  const auto lifetime = states.lifetime();
  EXPECT_GE(lifetime.count(), 0);
  EXPECT_EQ(states.lifetime(), lifetime); // it has ended
}

TEST(CoroutineStateManager, TakesOnlyWhatIsLegal) {
  coroutine_state_manager states;
  EXPECT_FALSE(states.try_transition(coroutine_state::created, coroutine_state::completed));
  EXPECT_FALSE(states.try_transition(coroutine_state::running, coroutine_state::completed));
  EXPECT_EQ(states.get_state(), coroutine_state::created);
}

TEST(CoroutineStateManager, OneOfManyThreadsMakesATransition) {
  coroutine_state_manager states;
  std::atomic<int> made{0};
  flowcoro::test::start_together(8, [&](std::size_t) {
    if (states.try_transition(coroutine_state::created, coroutine_state::running)) made.fetch_add(1);
  });
  EXPECT_EQ(made, 1);
}

} // namespace
