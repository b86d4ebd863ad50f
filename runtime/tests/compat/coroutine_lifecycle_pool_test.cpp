#include "flowcoro/compat/coroutine_lifecycle_pool.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <vector>

namespace {

using flowcoro::coroutine_lifecycle_pool;
using flowcoro::coroutine_pool_config;

TEST(CoroutineLifecyclePool, HasTheConfigurationOfOldAndRefusesNonsense) {
  const coroutine_pool_config config;
  EXPECT_EQ(config.max_pool_size, 1000u);
  EXPECT_EQ(config.min_pool_size, 10u);
  EXPECT_EQ(config.idle_timeout, std::chrono::seconds{300});
  EXPECT_EQ(config.cleanup_interval, std::chrono::seconds{60});
  EXPECT_THROW((coroutine_lifecycle_pool{{.max_pool_size = 1, .min_pool_size = 2}}), std::invalid_argument);
}

TEST(CoroutineLifecyclePool, CountsHitsMissesAndWhatTheySave) {
  coroutine_lifecycle_pool pool{{.max_pool_size = 5, .min_pool_size = 0}};
  std::vector<void*> frames;
  for (int i = 0; i < 8; ++i) frames.push_back(pool.acquire(64));
  EXPECT_EQ(pool.stats().active, 8u);
  for (void* frame : frames) pool.release(frame, 64);
  EXPECT_EQ(pool.stats().pooled, 5u);
  for (int i = 0; i < 92; ++i) pool.release(pool.acquire(64), 64);
  const auto stats = pool.stats();
  EXPECT_EQ(stats.total, 100u);
  EXPECT_EQ(stats.active, 0u);
  EXPECT_EQ(stats.hits, 92u);
  EXPECT_EQ(stats.misses, 8u);
  EXPECT_DOUBLE_EQ(stats.hit_ratio, 0.92);
  EXPECT_EQ(stats.bytes_saved, 92u * 64u);
  EXPECT_EQ(pool.shutdown(), 5u);
  EXPECT_EQ(pool.stats().pooled, 0u);
}

} // namespace
