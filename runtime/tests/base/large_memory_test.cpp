#include "flowcoro/base/large_memory.hpp"

#include "support/build.hpp"

#include <gtest/gtest.h>

#include <sys/mman.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <new>
#include <vector>

namespace {

using flowcoro::deallocate_large;
using flowcoro::large_bytes;
using flowcoro::LargeAllocator;
using flowcoro::try_allocate_large;

TEST(LargeMemory, IsAlignedAndWritableWhateverItsSize) {
  for (const std::size_t bytes : {std::size_t{1}, large_bytes - 1, large_bytes, large_bytes + 1, 10 * large_bytes}) {
    void* memory = try_allocate_large(bytes);
    ASSERT_NE(memory, nullptr);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % 16, 0u);
    std::memset(memory, 0xff, bytes);
    deallocate_large(memory, bytes);
  }
}

TEST(LargeMemory, GoesBackToTheSystemWhenItIsFreed) {
  if (flowcoro::test::address_sanitized || flowcoro::test::thread_sanitized) return; // it is the sanitizer's then
  void* memory = try_allocate_large(large_bytes);
  std::memset(memory, 0xff, large_bytes);
  ASSERT_EQ(msync(memory, large_bytes, MS_ASYNC), 0);
  deallocate_large(memory, large_bytes);
  EXPECT_EQ(msync(memory, large_bytes, MS_ASYNC), -1);
  EXPECT_EQ(errno, ENOMEM) << "nothing is mapped there any more";
}

TEST(LargeMemory, IsZeroAfterItWasDiscardedAndCanBeUsedAgain) {
  if (flowcoro::test::address_sanitized || flowcoro::test::thread_sanitized) return; // it is the sanitizer's then
  constexpr std::size_t bytes = 4 * large_bytes;
  auto* memory = static_cast<unsigned char*>(try_allocate_large(bytes));
  std::memset(memory, 0xff, bytes);
  flowcoro::discard_large(memory + 16,
                          bytes - 16); // the first page has a byte that is not discarded, so all of it stays
  EXPECT_EQ(memory[0], 0xff);
  EXPECT_EQ(memory[16], 0xff);
  for (std::size_t i = large_bytes; i < bytes; ++i) ASSERT_EQ(memory[i], 0) << i;
  memory[bytes - 1] = 7;
  EXPECT_EQ(memory[bytes - 1], 7);
  deallocate_large(memory, bytes);
}

TEST(LargeMemory, LeavesWhatIsSmallAlone) {
  auto* memory = static_cast<unsigned char*>(try_allocate_large(large_bytes - 1));
  std::memset(memory, 0xff, large_bytes - 1);
  flowcoro::discard_large(memory, large_bytes - 1);
  for (std::size_t i = 0; i < large_bytes - 1; ++i) ASSERT_EQ(memory[i], 0xff) << i;
  deallocate_large(memory, large_bytes - 1);
}

TEST(LargeMemory, SaysSoWhenThereIsNone) {
  constexpr std::size_t too_much = std::size_t{1} << 60;
  if (!flowcoro::test::address_sanitized && !flowcoro::test::thread_sanitized) { // which end the program instead
    EXPECT_EQ(try_allocate_large(too_much), nullptr);
    EXPECT_THROW(static_cast<void>(LargeAllocator<char>{}.allocate(too_much)), std::bad_alloc);
  }
  EXPECT_THROW(static_cast<void>(LargeAllocator<int>{}.allocate(std::numeric_limits<std::size_t>::max() / 2)),
               std::bad_alloc);
}

TEST(LargeMemory, ServesAVectorThatGrows) {
  std::vector<std::size_t, LargeAllocator<std::size_t>> numbers;
  for (std::size_t i = 0; i < large_bytes; ++i) numbers.push_back(i);
  for (std::size_t i = 0; i < large_bytes; ++i) ASSERT_EQ(numbers[i], i);
  EXPECT_EQ(LargeAllocator<int>{}, LargeAllocator<char>{});
}

} // namespace
