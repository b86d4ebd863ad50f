#include "flowcoro/mem/memory_pool_resource.hpp"

#include "support/build.hpp"
#include "support/start_together.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory_resource>
#include <new>
#include <string>
#include <vector>

namespace {

using flowcoro::MemoryPool;
using flowcoro::MemoryPoolResource;

/// Counts what it is asked for and passes it on.
class Counting final : public std::pmr::memory_resource {
 public:
  std::size_t asked = 0;
  std::size_t given_back = 0;

 private:
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    ++asked;
    return std::pmr::new_delete_resource()->allocate(bytes, alignment);
  }
  void do_deallocate(void* memory, std::size_t bytes, std::size_t alignment) override {
    ++given_back;
    std::pmr::new_delete_resource()->deallocate(memory, bytes, alignment);
  }
  [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override { return this == &other; }
};

class PoolResource : public testing::Test {
 protected:
  MemoryPool pool_{64};
  Counting upstream_;
  MemoryPoolResource resource_{pool_, upstream_};
};

TEST_F(PoolResource, FeedsContainersWithNodes) {
  std::pmr::list<int> list{&resource_};
  std::pmr::map<int, int> map{&resource_};
  for (int i = 0; i < 1000; ++i) {
    list.push_back(i);
    map.emplace(i, i);
  }
  EXPECT_EQ(upstream_.asked, 0u);
  EXPECT_GE(pool_.capacity(), 2000u);
  const std::size_t capacity = pool_.capacity();
  for (int round = 0; round < 10; ++round) {
    list.clear();
    map.clear();
    for (int i = 0; i < 1000; ++i) {
      list.push_back(i);
      map.emplace(i, i);
    }
  }
  EXPECT_EQ(pool_.capacity(), capacity);
  EXPECT_EQ(list.back() + map.at(999), 1998);
}

TEST_F(PoolResource, LeavesToUpstreamWhatDoesNotFit) {
  {
    std::pmr::vector<char> larger(65, 'x', &resource_);
    EXPECT_EQ(upstream_.asked, 1u);
    std::pmr::vector<char> fits(64, 'x', &resource_);
    EXPECT_EQ(upstream_.asked, 1u);
  }
  EXPECT_EQ(upstream_.given_back, 1u);
  void* aligned = resource_.allocate(64, 128);
  EXPECT_EQ(upstream_.asked, 2u);
  resource_.deallocate(aligned, 64, 128);
  EXPECT_EQ(upstream_.given_back, 2u);
}

TEST(MemoryPoolResource, GivesTheAlignmentOfItsPool) {
  struct alignas(128) Wide {
    std::array<char, 100> bytes;
  };
  MemoryPool pool{512, 0, {.alignment = 128}};
  MemoryPoolResource resource{pool, *std::pmr::null_memory_resource()};
  std::pmr::list<Wide> list(10, &resource);
  for (const Wide& wide : list) EXPECT_EQ(reinterpret_cast<std::uintptr_t>(&wide) % 128, 0u);
}

TEST(MemoryPoolResource, LetsNoContainerPastTheLimitOfItsPool) {
  MemoryPool pool{64, 0, {.max_blocks = 3}};
  MemoryPoolResource resource{pool};
  std::pmr::list<int> list{&resource};
  for (int i = 0; i < 3; ++i) list.push_back(i);
  EXPECT_THROW(list.push_back(3), std::bad_alloc);
  EXPECT_EQ(list.size(), 3u);
  list.pop_front();
  list.push_back(3);
  EXPECT_EQ(list.back(), 3);
}

TEST(MemoryPoolResource, ServesContainersOfSeveralThreads) {
  MemoryPool pool{64};
  MemoryPoolResource resource{pool, *std::pmr::null_memory_resource()};
  std::atomic<std::size_t> right{0};
  flowcoro::test::start_together(3, [&](std::size_t thread) {
    for (std::size_t round = 0; round < flowcoro::test::rounds(100); ++round) {
      std::pmr::map<std::size_t, std::size_t> map{&resource};
      for (std::size_t i = 0; i < 100; ++i) map.emplace(i, i * thread);
      std::size_t sum = 0;
      for (const auto& [key, value] : map) sum += value;
      if (sum == 4950 * thread) right.fetch_add(1);
    }
  });
  EXPECT_EQ(right, 3 * flowcoro::test::rounds(100));
}

#if FLOWCORO_TEST_ASAN
TEST(MemoryPoolResourceDeathTest, AddressSanitizerSeesAUseOfANodeThatIsGone) {
  MemoryPool pool{64};
  MemoryPoolResource resource{pool};
  std::pmr::list<std::array<char, 40>> list(2, &resource);
  volatile char* gone = &list.front()[30];
  list.pop_front();
  EXPECT_DEATH(*gone = 1, "use-after-poison");
}
#endif

TEST_F(PoolResource, IsEqualToOneOfTheSamePoolAndUpstreamOnly) {
  MemoryPool other_pool{64};
  EXPECT_TRUE(resource_ == MemoryPoolResource(pool_, upstream_));
  EXPECT_FALSE(resource_ == MemoryPoolResource(other_pool, upstream_));
  EXPECT_FALSE(resource_ == MemoryPoolResource(pool_));
  EXPECT_FALSE(resource_ == *std::pmr::new_delete_resource());
}

} // namespace
