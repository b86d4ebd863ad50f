#include "flowcoro/coro/errors.hpp"

#include "flowcoro/sched/spawn.hpp"

#include <gtest/gtest.h>

#include <exception>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace flowcoro {
namespace {

static_assert(std::is_nothrow_copy_constructible_v<OperationCancelled> &&
              std::is_nothrow_copy_constructible_v<NoResult>);

Lazy<void> fail_with_cancelled() {
  throw OperationCancelled{};
  co_return;
}
Lazy<void> fail_with_logic_error() {
  throw NoResult{};
  co_return;
}

TEST(Errors, CancelledIsNeitherAMistakeNorAFailure) {
  static_assert(std::is_base_of_v<std::exception, OperationCancelled>);
  static_assert(!std::is_base_of_v<std::logic_error, OperationCancelled>);
  static_assert(!std::is_base_of_v<std::runtime_error, OperationCancelled>);
  EXPECT_STREQ(OperationCancelled{}.what(), "operation cancelled: stop was requested");
}

TEST(Errors, MistakesOfTheCallerAreLogicErrorsThatNameTheWayOut) {
  static_assert(std::is_base_of_v<std::logic_error, NoResult>);
  static_assert(std::is_base_of_v<std::logic_error, BlockingCallOnWorker>);
  EXPECT_STREQ(NoResult{}.what(), "this task has no result: it is empty, moved from, or was awaited before");
  EXPECT_STREQ(BlockingCallOnWorker{}.what(), "sync_wait was called on a worker thread; use co_await there");
}

TEST(Errors, AStoppedRuntimeIsARuntimeError) {
  static_assert(std::is_base_of_v<std::runtime_error, RuntimeStopped>);
  EXPECT_STREQ(RuntimeStopped{}.what(), "the runtime is shutting down and takes no more tasks");
}

TEST(Errors, ATaskThatEndsWithCancelledIsCountedAsCancelled) {
  Runtime runtime{{.workers = 1}};
  EXPECT_THROW(sync_wait(runtime, spawn_on(runtime, fail_with_cancelled)), OperationCancelled);
  EXPECT_EQ(runtime.stats().cancelled, 1u);
  EXPECT_EQ(runtime.stats().completed, 0u);
}

TEST(Errors, ATaskThatEndsWithAnyOtherErrorIsCountedAsCompleted) {
  Runtime runtime{{.workers = 1}};
  EXPECT_THROW(sync_wait(runtime, spawn_on(runtime, fail_with_logic_error)), NoResult);
  EXPECT_EQ(runtime.stats().cancelled, 0u);
  EXPECT_EQ(runtime.stats().completed, 1u);
}

TEST(Errors, WorkForAStoppedRuntimeIsRefused) {
  Runtime runtime{{.workers = 1}};
  ASSERT_TRUE(runtime.shutdown().clean());
  EXPECT_THROW(static_cast<void>(spawn_on(runtime, [] { return 1; })), RuntimeStopped);
  EXPECT_EQ(runtime.stats().submitted, 0u);
}

} // namespace
} // namespace flowcoro
