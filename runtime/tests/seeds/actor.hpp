#pragma once
/// Coroutines that take turns, sleep, end, fail or wait to be stopped as a plan says, and a record of what they did.
#include "flowcoro/async/sleep.hpp"
#include "flowcoro/coro/errors.hpp"
#include "flowcoro/coro/task.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "flowcoro/sched/yield.hpp"
#include "support/seeds.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <exception>
#include <functional>
#include <vector>

namespace flowcoro::test {

struct Failure {
  int of;
};

struct Plan {
  enum class End { value, failure, waits_for_stop };
  int name = 0;
  int turns = 0;
  std::chrono::milliseconds sleep{0};
  End end = End::value;
};

[[nodiscard]] inline Plan choose_plan(Choices& choices, int name, bool may_fail, bool may_wait) {
  Plan plan{.name = name, .turns = choices.from_to(0, 3)};
  if (choices.one_in(3)) plan.sleep = std::chrono::milliseconds{choices.from_to(1, 4)};
  if (may_fail && choices.one_in(4))
    plan.end = Plan::End::failure;
  else if (may_wait && choices.one_in(4))
    plan.end = Plan::End::waits_for_stop;
  return plan;
}

/// Some plans; at least one ends by itself.
[[nodiscard]] inline std::vector<Plan> choose_plans(Choices& choices, int most, bool may_fail, bool may_wait) {
  const int count = choices.from_to(1, most);
  std::vector<Plan> plans;
  for (int i = 0; i < count; ++i) plans.push_back(choose_plan(choices, i, may_fail, may_wait && i != 0));
  return plans;
}

/// What the actors of one run did.
struct Lives {
  int begun = 0;
  std::vector<int> ended;  ///< in the order in which they did
  std::vector<int> failed; ///< the same, with a Failure
  [[nodiscard]] int running() const { return begun - static_cast<int>(ended.size()); }
};

/// Gives its name.
inline Lazy<int> act(Lives& lives, Plan plan) {
  struct AtEnd {
    Lives& in;
    int name;
    ~AtEnd() { in.ended.push_back(name); }
  } at_end{lives, plan.name};
  ++lives.begun;
  for (int i = 0; i < plan.turns; ++i) co_await yield();
  if (plan.sleep.count() != 0) {
    const SteadyTime due = current_time() + plan.sleep;
    co_await sleep_for(plan.sleep);
    EXPECT_EQ(current_time(), due) << "computing takes no virtual time";
  }
  if (plan.end == Plan::End::waits_for_stop) co_await sleep_until(no_deadline);
  if (plan.end == Plan::End::failure) {
    lives.failed.push_back(plan.name);
    throw Failure{plan.name};
  }
  co_return plan.name;
}
/// The same from its creation on.
inline Task<int> act_at_once(Lives& lives, Plan plan) {
  auto acting = act(lives, plan);
  co_return co_await acting;
}
/// A task that acts, started in one of the two ways.
[[nodiscard]] inline Task<int> start_acting(Choices& choices, Lives& lives, Plan plan) {
  return choices.one_in(2) ? act_at_once(lives, plan) : spawn(act, std::ref(lives), plan);
}

/// How an awaited actor, or a combination of actors, ended.
struct Ending {
  bool cancelled = false;
  int failure = -1; ///< whose
  [[nodiscard]] bool good() const { return !cancelled && failure < 0; }
};

template <class Awaitable>
Lazy<Ending> ending_of(Awaitable& awaitable) {
  try {
    static_cast<void>(co_await awaitable);
  } catch (const OperationCancelled&) {
    co_return Ending{.cancelled = true};
  } catch (const Failure& failure) {
    co_return Ending{.failure = failure.of};
  }
  co_return Ending{};
}

/// Asks `task` to stop after some turns and some time.
template <class T>
Lazy<void> stop_later(Task<T>& task, int turns, std::chrono::milliseconds after) {
  for (int i = 0; i < turns; ++i) co_await yield();
  co_await sleep_for(after);
  task.request_stop();
}

/// The failures that nobody received were `count`, each of them a Failure.
inline void expect_lost_failures(DeterministicScheduler& scheduler, std::size_t count) {
  const auto lost = scheduler.take_unhandled();
  EXPECT_EQ(lost.size(), count);
  for (const std::exception_ptr& error : lost) EXPECT_THROW(std::rethrow_exception(error), Failure);
}

} // namespace flowcoro::test
