#include "flowcoro/base/atomic_slot.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace {

using flowcoro::AtomicSlot;

TEST(AtomicSlot, KeepsWhatWasStored) {
  int one = 1;
  AtomicSlot<int*> slot;
  slot.store(&one, std::memory_order_relaxed);
  EXPECT_EQ(slot.load(std::memory_order_relaxed), &one);
}

TEST(AtomicSlot, PublishesWhatWasWrittenBefore) {
  constexpr int rounds = 10'000;
  AtomicSlot<std::uint64_t> published;
  published.store(0, std::memory_order_relaxed);
  std::vector<int> data(rounds + 1);
  std::thread writer{[&] {
    for (int i = 1; i <= rounds; ++i) {
      data[static_cast<std::size_t>(i)] = i;
      published.store(static_cast<std::uint64_t>(i), std::memory_order_release);
    }
  }};
  for (std::uint64_t seen = 0; seen < rounds;) {
    seen = published.load(std::memory_order_acquire);
    EXPECT_EQ(data[seen], static_cast<int>(seen));
  }
  writer.join();
}

TEST(AtomicSlot, AnArrayOfThemTouchesNoMemory) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const std::size_t pages = 8;
  void* memory = mmap(nullptr, pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  auto* slots = static_cast<AtomicSlot<void*>*>(memory);
  std::uninitialized_default_construct_n(slots, pages * page / sizeof(AtomicSlot<void*>));
  slots[0].store(nullptr, std::memory_order_relaxed);
  std::vector<unsigned char> resident(pages);
  ASSERT_EQ(mincore(memory, pages * page, resident.data()), 0);
  EXPECT_EQ(resident.front() & 1, 1);
  for (std::size_t i = 1; i < pages; ++i) EXPECT_EQ(resident[i] & 1, 0) << "page " << i;
  munmap(memory, pages * page);
}

} // namespace
