#include "flowcoro/base/cpu.hpp"

#include <gtest/gtest.h>
#include <sched.h>

#include <cstddef>
#include <thread>
#include <vector>

namespace {

cpu_set_t own_mask() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  EXPECT_EQ(sched_getaffinity(0, sizeof mask, &mask), 0);
  return mask;
}

TEST(AllowedCpus, AreAtLeastOneAndNoMoreThanTheAffinityMask) {
  const cpu_set_t mask = own_mask();
  EXPECT_GE(flowcoro::allowed_cpus(), 1u);
  EXPECT_LE(flowcoro::allowed_cpus(), static_cast<unsigned>(CPU_COUNT(&mask)));
}

TEST(AllowedCpus, AreOneForAThreadThatMayUseOnlyOne) {
  unsigned counted = 0;
  // On a thread of its own: the mask belongs to the thread, and ends with it.
  std::jthread{[&counted] {
    const cpu_set_t before = own_mask();
    std::size_t last = CPU_SETSIZE - 1;
    while (!CPU_ISSET(last, &before)) --last;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(last, &one);
    ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
    counted = flowcoro::allowed_cpus();
  }}.join();
  EXPECT_EQ(counted, 1u);
}

TEST(AllowedCpus, AreTheSameWhoeverAsksAtTheSameTime) {
  const unsigned expected = flowcoro::allowed_cpus();
  std::vector<unsigned> counted(4, 0);
  {
    std::vector<std::jthread> threads;
    for (unsigned& mine : counted) threads.emplace_back([&mine] { mine = flowcoro::allowed_cpus(); });
  }
  EXPECT_EQ(counted, std::vector<unsigned>(4, expected));
}

} // namespace
