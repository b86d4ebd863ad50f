#include "flowcoro/pool/pool_task.hpp"

#include <gtest/gtest.h>

#include <type_traits>

namespace {

using flowcoro::pool::TaskId;
using flowcoro::pool::TaskPriority;

TEST(PoolTask, PrioritiesAreInOrder) {
  EXPECT_LT(TaskPriority::Low, TaskPriority::Normal);
  EXPECT_LT(TaskPriority::Normal, TaskPriority::High);
  EXPECT_EQ(static_cast<std::size_t>(TaskPriority::High) + 1, flowcoro::pool::task_priorities);
}

TEST(PoolTask, AnIdIsNoNumberByAccident) {
  EXPECT_FALSE((std::is_convertible_v<int, TaskId> || std::is_convertible_v<TaskId, std::uint64_t>));
}

} // namespace
