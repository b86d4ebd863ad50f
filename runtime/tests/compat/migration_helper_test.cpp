#include "flowcoro/compat/migration_helper.hpp"

#include "flowcoro/compat/task_v2.hpp"
#include "flowcoro/mem/bounded_frame_pool.hpp"
#include "flowcoro/sched/yield.hpp"
#include "support/checked_runtime.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace {

using flowcoro::migration_helper;
using flowcoro::migration_strategy;
using flowcoro::TaskMode;
using flowcoro::TaskV2;

class MigrationHelper : public testing::Test {
 protected:
  MigrationHelper() { migration_helper::set_strategy(migration_strategy::conservative); }
  ~MigrationHelper() override { migration_helper::set_strategy(migration_strategy::conservative); }

  static TaskV2<int, TaskMode::automatic> automatic(int x) {
    co_await flowcoro::yield();
    co_return x;
  }
};

TEST_F(MigrationHelper, ItsStrategyIsForNewTasksOnly) {
  flowcoro::test::CheckedRuntime runtime{1};
  const auto created = [](flowcoro::TaskKind kind) { return flowcoro::task_registry().snapshot().of(kind).created; };
  const auto body = [&]() -> flowcoro::Lazy<int> {
    auto plain = automatic(1);
    migration_helper::set_strategy(migration_strategy::full_pooling);
    EXPECT_EQ(migration_helper::strategy(), migration_strategy::full_pooling);
    const auto pooled_before = created(flowcoro::TaskKind::pooled);
    auto pooled = automatic(2);
    EXPECT_EQ(created(flowcoro::TaskKind::pooled), pooled_before + 1);
    migration_helper::set_strategy(migration_strategy::aggressive);
    EXPECT_EQ(migration_helper::strategy(), migration_strategy::aggressive);
    const auto live = flowcoro::task_registry().live();
    auto tracked = automatic(4);
    EXPECT_EQ(flowcoro::task_registry().live(), live + 1);
    co_return co_await plain + co_await pooled + co_await tracked;
  };
  EXPECT_EQ(flowcoro::sync_wait(runtime, body()), 7);
}

TEST_F(MigrationHelper, AdvisesFromWhatThePoolHasDone) {
  auto& pool = flowcoro::default_frame_pool();
  const auto use = [&pool](int times) {
    for (int i = 0; i < times; ++i) pool.deallocate(pool.allocate(512), 512);
  };
  use(1000);
  auto found = migration_helper::analyze();
  EXPECT_GE(found.pool_hit_ratio, 0.9);
  EXPECT_GE(found.bytes_saved, 100'000u);
  EXPECT_EQ(found.advice, migration_strategy::full_pooling);
  EXPECT_FALSE(found.why.empty());
  EXPECT_EQ(found.current, migration_strategy::conservative);
  // Frames that are too large for any pool are all misses.
  std::vector<void*> large;
  for (int i = 0; i < 4000; ++i) large.push_back(pool.allocate(5000));
  for (void* frame : large) pool.deallocate(frame, 5000);
  found = migration_helper::analyze();
  EXPECT_LT(found.pool_hit_ratio, 0.3);
  EXPECT_EQ(found.advice, migration_strategy::conservative);
}

} // namespace
