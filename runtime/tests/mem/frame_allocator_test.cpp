#include "flowcoro/mem/frame_allocator.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <deque>
#include <limits>
#include <list>
#include <new>
#include <utility>

namespace {

using flowcoro::FrameAllocator;

TEST(FrameAllocator, ServesContainersWhoseElementsMoveBetweenThem) {
  std::deque<int, FrameAllocator<int>> queue;
  for (int i = 0; i < 10'000; ++i) queue.push_back(i);
  std::deque<int, FrameAllocator<int>> other{std::move(queue)};
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_EQ(other.front(), i);
    other.pop_front();
  }
  std::list<long, FrameAllocator<long>> first{1, 2, 3};
  std::list<long, FrameAllocator<long>> second{4};
  second.splice(second.begin(), first);
  EXPECT_EQ(second, (std::list<long, FrameAllocator<long>>{1, 2, 3, 4}));
}

TEST(FrameAllocator, RefusesMoreThanThereCanBe) {
  FrameAllocator<int> allocator;
  EXPECT_THROW(static_cast<void>(allocator.allocate(std::numeric_limits<std::size_t>::max() / 2)), std::bad_alloc);
}

TEST(FrameAllocator, EqualsEveryOther) { EXPECT_EQ(FrameAllocator<int>{}, FrameAllocator<char>{}); }

} // namespace
