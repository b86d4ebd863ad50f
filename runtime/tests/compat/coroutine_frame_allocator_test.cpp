#include "flowcoro/compat/coroutine_frame_allocator.hpp"

#include "support/build.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>

namespace {

using flowcoro::coroutine_frame_allocator;

TEST(CoroutineFrameAllocator, GivesMemoryThatAnyOtherTakesBack) {
  coroutine_frame_allocator one, other;
  EXPECT_EQ(one, other);
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{100}, std::size_t{1024}, std::size_t{100'000}}) {
    void* frame = one.allocate(bytes);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(frame) % 16, 0u);
    std::memset(frame, 1, bytes);
    other.deallocate(frame, bytes);
  }
  static_cast<void>(one.trim());
}

#if !FLOWCORO_TEST_ASAN && !FLOWCORO_TEST_TSAN // they ask operator new
TEST(CoroutineFrameAllocator, CountsWhatItServes) {
  coroutine_frame_allocator frames;
  const auto before = frames.statistics();
  for (int i = 0; i < 100; ++i) frames.deallocate(frames.allocate(200), 200);
  const auto after = frames.statistics();
  EXPECT_EQ(after.allocations(), before.allocations() + 100);
  EXPECT_GE(after.hits, before.hits + 99);
}
#endif

} // namespace
