#include "flowcoro/pool/coroutine_pool_config.hpp"

#include "flowcoro/base/cpu.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>

namespace {

using flowcoro::pool::CoroutinePoolConfig;
using flowcoro::pool::InvalidPoolConfig;
using testing::StartsWith;

TEST(CoroutinePoolConfig, DefaultsFollowTheCpusAndAreValid) {
  const CoroutinePoolConfig config;
  EXPECT_EQ(config.max_coroutines, 2u * flowcoro::allowed_cpus());
  EXPECT_EQ(config.min_coroutines, flowcoro::allowed_cpus());
  EXPECT_EQ(config.work_stealing_queue_size, 1000u);
  EXPECT_TRUE(config.enable_work_stealing && config.enable_priority_scheduling);
  EXPECT_EQ(config.task_timeout_ms, 5000u);
  EXPECT_NO_THROW(config.validate());
}

TEST(CoroutinePoolConfig, TheReserveIsAQuarterWhereNotGiven) {
  CoroutinePoolConfig config;
  config.max_coroutines = 9;
  EXPECT_EQ(config.reserve(), 3u);
  config.high_reserve = 7;
  EXPECT_EQ(config.reserve(), 7u);
  config.enable_priority_scheduling = false;
  EXPECT_EQ(config.reserve(), 0u);
}

TEST(CoroutinePoolConfig, AValueThatMakesNoSenseIsRefusedWithTheNameOfItsField) {
  struct Wrong {
    std::string field;
    std::function<void(CoroutinePoolConfig&)> set;
  };
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  const Wrong wrong[] = {
      {"max_coroutines", [](CoroutinePoolConfig& c) { c.max_coroutines = 0; }},
      {"min_coroutines", [](CoroutinePoolConfig& c) { c.min_coroutines = c.max_coroutines + 1; }},
      {"task_timeout_ms", [](CoroutinePoolConfig& c) { c.task_timeout_ms = most; }},
      {"aging_ms", [](CoroutinePoolConfig& c) { c.aging_ms = 0; }},
      {"aging_ms", [](CoroutinePoolConfig& c) { c.aging_ms = most; }},
      {"high_reserve", [](CoroutinePoolConfig& c) { c.high_reserve = CoroutinePoolConfig::derived - 1; }},
  };
  for (const auto& [field, set] : wrong) {
    CoroutinePoolConfig config;
    set(config);
    try {
      config.validate();
      ADD_FAILURE() << field << " was not refused";
    } catch (const InvalidPoolConfig& refused) {
      EXPECT_EQ(refused.field(), field);
      EXPECT_THAT(std::string{refused.what()}, StartsWith(field + ": "));
    }
  }
}

} // namespace
