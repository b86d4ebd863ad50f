#include "flowcoro/mem/object_pool.hpp"

#include "support/build.hpp"
#include "support/seed.hpp"
#include "support/start_together.hpp"
#include "support/values.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using flowcoro::ObjectPool;
using flowcoro::ObjectPoolOptions;
using flowcoro::test::Census;
using flowcoro::test::Counted;
using flowcoro::test::rounds;

static_assert(!std::is_copy_constructible_v<ObjectPool<int>::Handle> &&
              std::is_nothrow_move_constructible_v<ObjectPool<int>::Handle>);

ObjectPoolOptions<Counted> counted(Census& census) {
  ObjectPoolOptions<Counted> options;
  options.make = [&census] { return std::make_unique<Counted>(census, 1); };
  return options;
}

TEST(ObjectPool, LendsTheObjectThatCameBackLast) {
  ObjectPool<std::string> pool;
  const std::string* first = nullptr;
  {
    auto handle = pool.acquire();
    handle->assign("text");
    first = handle.get();
  }
  auto again = pool.acquire();
  EXPECT_EQ(again.get(), first);
  EXPECT_EQ(*again, "text"); // nobody has asked for a reset
  EXPECT_EQ(pool.stats().hits, 1u);
  EXPECT_EQ(pool.stats().misses, 1u);
  EXPECT_EQ(pool.stats().hit_ratio(), 0.5);
  EXPECT_EQ(pool.stats().in_use, 1u);
}

TEST(ObjectPool, ResetsWhatComesBack) {
  ObjectPoolOptions<std::string> options;
  options.reset = [](std::string& text) { text.clear(); };
  ObjectPool<std::string> pool{options};
  pool.acquire()->assign("text");
  EXPECT_TRUE(pool.acquire()->empty());
}

TEST(ObjectPool, DropsWhatCannotBeReset) {
  Census census;
  ObjectPoolOptions<Counted> options = counted(census);
  options.reset = [](Counted&) { throw std::runtime_error{"no"}; };
  ObjectPool<Counted> pool{options};
  pool.acquire().release();
  EXPECT_EQ(census.alive(), 0);
  EXPECT_EQ(pool.stats().dropped, 1u);
  EXPECT_EQ(pool.stats().idle, 0u);
  EXPECT_EQ(pool.stats().in_use, 0u);
}

TEST(ObjectPool, AMakerThatThrowsLeavesItAsItWas) {
  ObjectPoolOptions<int> options;
  bool fails = true;
  options.make = [&fails] {
    if (fails) throw std::runtime_error{"no"};
    return std::make_unique<int>(5);
  };
  ObjectPool<int> pool{options};
  EXPECT_THROW(static_cast<void>(pool.acquire()), std::runtime_error);
  EXPECT_EQ(pool.stats().in_use, 0u);
  fails = false;
  EXPECT_EQ(*pool.acquire(), 5);
}

TEST(ObjectPool, KeepsNoMoreIdleObjectsThanItMay) {
  Census census;
  ObjectPoolOptions<Counted> options = counted(census);
  options.max_idle = 2;
  ObjectPool<Counted> pool{options};
  {
    std::vector<ObjectPool<Counted>::Handle> handles;
    for (int i = 0; i < 5; ++i) handles.push_back(pool.acquire());
  }
  EXPECT_EQ(census.alive(), 2);
  EXPECT_EQ(pool.stats().dropped, 3u);
  pool.prepare(10);
  EXPECT_EQ(census.alive(), 2);
}

TEST(ObjectPool, HasPreparedObjectsReadyAndClears) {
  Census census;
  ObjectPool<Counted> pool{counted(census)};
  EXPECT_FALSE(pool.try_acquire().has_value());
  pool.prepare(3);
  EXPECT_EQ(census.alive(), 3);
  EXPECT_TRUE(pool.try_acquire().has_value());
  EXPECT_EQ(pool.stats().misses, 0u);
  EXPECT_EQ(pool.clear(), 3u);
  EXPECT_EQ(census.alive(), 0);
  pool.acquire().release();
  EXPECT_EQ(pool.stats().idle, 1u);
}

TEST(ObjectPool, KeepsToItsBoundWhenOthersPrepareMeanwhile) {
  std::optional<ObjectPool<int>> pool;
  ObjectPoolOptions<int> options;
  options.max_idle = 1;
  bool inside = false;
  options.make = [&] {
    if (!std::exchange(inside, true))
      pool->prepare(1); // as another thread would between the look and the end of making
    return std::make_unique<int>(1);
  };
  pool.emplace(options);
  pool->prepare(1);
  EXPECT_TRUE(inside);
  EXPECT_EQ(pool->stats().idle, 1u);
}

TEST(ObjectPoolDeathTest, AMakerMustMakeSomething) {
  ObjectPoolOptions<int> options;
  options.make = [] { return nullptr; };
  ObjectPool<int> pool{options};
  EXPECT_DEATH(static_cast<void>(pool.acquire()), "the make of an ObjectPool made nothing");
}

TEST(ObjectPool, AHandleMayOutliveItsPoolAndGiveItsObjectAway) {
  Census census;
  std::optional<ObjectPool<Counted>> pool{std::in_place, counted(census)};
  auto kept = pool->acquire();
  auto taken = pool->acquire();
  pool->acquire().release();
  std::unique_ptr<Counted> own = std::move(taken).take();
  EXPECT_EQ(pool->stats().in_use, 1u);
  pool.reset();
  EXPECT_EQ(census.alive(), 2);
  EXPECT_EQ(kept->value(), 1);
  kept.release();
  EXPECT_EQ(census.alive(), 1);
  own.reset();
  EXPECT_EQ(census.alive(), 0);
}

TEST(ObjectPool, TakesObjectsWithoutHandlesBack) {
  ObjectPool<int> pool;
  std::unique_ptr<int> object = pool.acquire_object();
  const int* address = object.get();
  EXPECT_EQ(pool.stats().in_use, 1u);
  pool.release(std::move(object));
  EXPECT_EQ(pool.stats().in_use, 0u);
  EXPECT_EQ(pool.acquire().get(), address);
}

TEST(ObjectPool, MovedHandlesBringTheirObjectsBackOnce) {
  Census census;
  ObjectPool<Counted> pool{counted(census)};
  auto one = pool.acquire();
  auto two = pool.acquire();
  one = std::move(two);
  EXPECT_FALSE(two); // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(pool.stats().idle, 1u);
  auto three = std::move(one);
  EXPECT_TRUE(three);
  EXPECT_EQ(pool.stats().in_use, 1u);
}

TEST(ObjectPool, LendsEachObjectToOneAtATime) {
  struct Exclusive {
    std::atomic<bool> used{false};
  };
  ObjectPoolOptions<Exclusive> options;
  options.max_idle = 3;
  ObjectPool<Exclusive> pool{options};
  std::atomic<bool> shared{false};
  flowcoro::test::start_together(4, [&](std::size_t thread) {
    flowcoro::test::Random random{thread};
    for (std::size_t i = 0; i < rounds(50'000); ++i) {
      auto handle = pool.acquire();
      if (handle->used.exchange(true)) shared = true;
      handle->used = false;
      if (random.one_in(100)) static_cast<void>(pool.clear());
    }
  });
  EXPECT_FALSE(shared);
  EXPECT_EQ(pool.stats().in_use, 0u);
  EXPECT_EQ(pool.stats().hits + pool.stats().misses, 4 * rounds(50'000));
}

} // namespace
