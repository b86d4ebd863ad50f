#include "flowcoro/base/cache_line.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <bit>

namespace {

static_assert(std::has_single_bit(flowcoro::cache_line_bytes));

TEST(CacheLine, IsNoSmallerThanTheLinesOfThisMachine) {
  const long machine = sysconf(_SC_LEVEL1_DCACHE_LINESIZE); // 0 or -1 where the system does not say
  EXPECT_LE(machine, static_cast<long>(flowcoro::cache_line_bytes));
}

} // namespace
