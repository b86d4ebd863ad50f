#include "flowcoro/compat/coroutine_lifecycle_guard.hpp"

#include "flowcoro/coro/task.hpp"
#include "flowcoro/sched/yield.hpp"
#include "support/checked_runtime.hpp"

#include <gtest/gtest.h>

namespace {

TEST(CoroutineLifecycleGuard, RegistersACoroutineByNameAndCleansUpAfterIt) {
  flowcoro::test::CheckedRuntime runtime{1};
  bool cleaned_up = false;
  const auto listed = [] {
    bool found = false;
    flowcoro::task_registry().for_each_live(
        [&](const flowcoro::TaskView& view) { found = found || (view.name == "import" && view.note == "file 1"); });
    return found;
  };
  const auto body = [&]() -> flowcoro::Lazy<> {
    const flowcoro::coroutine_lifecycle_guard guard{"import", "file 1", [&] { cleaned_up = true; }};
    co_await flowcoro::yield();
    EXPECT_TRUE(listed());
    EXPECT_FALSE(cleaned_up);
  };
  flowcoro::sync_wait(runtime, body());
  EXPECT_TRUE(cleaned_up);
  EXPECT_FALSE(listed());
}

} // namespace
