#include "flowcoro/base/atomics.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <concepts>
#include <thread>

namespace {

using flowcoro::StdAtomics;

static_assert(std::same_as<StdAtomics::Atomic<int>, std::atomic<int>>);
static_assert(std::same_as<StdAtomics::Slot<int*>, flowcoro::AtomicSlot<int*>>);
static_assert(std::same_as<StdAtomics::Plain<int*>, int*>);
static_assert(std::same_as<StdAtomics::SpinWait, flowcoro::SpinWait>);

TEST(StdAtomics, TellThreadsApart) {
  const void* mine = StdAtomics::this_thread();
  EXPECT_EQ(StdAtomics::this_thread(), mine);
  const void* others = mine;
  std::thread{[&] { others = StdAtomics::this_thread(); }}.join();
  EXPECT_NE(others, mine);
}

} // namespace
