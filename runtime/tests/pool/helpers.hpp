#pragma once
/// Pools of tests.
#include "flowcoro/pool/coroutine_pool.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <utility>

namespace flowcoro::pool {

/// `max` tasks at once, no reserve, no time limit.
[[nodiscard]] inline CoroutinePoolConfig plain_config(std::size_t max) {
  CoroutinePoolConfig config;
  config.max_coroutines = max;
  config.min_coroutines = 1;
  config.task_timeout_ms = 0;
  config.high_reserve = 0;
  return config;
}

/// The account of a pool in which nothing runs or waits.
inline void expect_balanced(const CoroutinePool& pool) {
  const CoroutinePoolStats s = pool.stats();
  EXPECT_EQ(s.active + s.pending + s.overdue, 0u);
  EXPECT_EQ(s.total_submitted, s.total_completed + s.total_failed + s.total_cancelled + s.total_timed_out);
}

} // namespace flowcoro::pool
