#include "flowcoro/mem/memory_pool_resource.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <list>
#include <map>
#include <memory_resource>
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

TEST_F(PoolResource, IsEqualToOneOfTheSamePoolAndUpstreamOnly) {
  MemoryPool other_pool{64};
  EXPECT_TRUE(resource_ == MemoryPoolResource(pool_, upstream_));
  EXPECT_FALSE(resource_ == MemoryPoolResource(other_pool, upstream_));
  EXPECT_FALSE(resource_ == MemoryPoolResource(pool_));
  EXPECT_FALSE(resource_ == *std::pmr::new_delete_resource());
}

} // namespace
