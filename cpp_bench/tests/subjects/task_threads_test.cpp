#include "std_thread/task_threads.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <fstream>

namespace std_thread {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool sanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif
#else
constexpr bool sanitized = false;
#endif

TEST(TaskThreads, RunEachTaskOnceAndJoinIt) {
  std::vector<std::atomic<int>> runs(200);
  TaskThreads threads;
  threads.run(0, 150, [&](std::uint64_t i) { ++runs[i]; });
  threads.run(150, 200, [&](std::uint64_t i) { ++runs[i]; });
  for (const auto& count : runs) EXPECT_EQ(count.load(), 1);
  const auto finished = std::get<Finished>(threads.outcome(9));
  EXPECT_EQ(finished.completed, 200U);
  EXPECT_EQ(finished.answer, 9U);
  EXPECT_EQ(finished.throttled, 0U);
}

// The address space that is left for stacks decides how many threads this process may have.
void allow_stacks(unsigned stacks) {
  std::uint64_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  rlimit stack{};
  ::getrlimit(RLIMIT_STACK, &stack);
  const rlim_t size =
      pages * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE)) + stacks * stack.rlim_cur + stack.rlim_cur / 2;
  const rlimit limit{size, size};
  ::setrlimit(RLIMIT_AS, &limit);
}

void expect_throttled_and_complete() {
  allow_stacks(8);
  std::atomic<std::uint64_t> ran{0};
  TaskThreads threads;
  threads.run(0, 100, [&](std::uint64_t) { ++ran; });
  const auto finished = std::get<Finished>(threads.outcome(9));
  const bool good = ran == 100 && finished.completed == 100 && finished.throttled > 0 &&
                    finished.throttle_reason.find("RLIMIT_AS=") != std::string::npos;
  ::_exit(good ? 0 : 1);
}

void expect_refused() {
  allow_stacks(0);
  TaskThreads threads;
  threads.run(0, 100, [](std::uint64_t) {});
  const Outcome outcome = threads.outcome(9);
  const auto* refused = std::get_if<Unsupported>(&outcome);
  ::_exit(refused != nullptr && refused->limit.starts_with("RLIMIT_AS=") ? 0 : 1);
}

class TaskThreadsDeathTest : public testing::Test {
 protected:
  void SetUp() override {
    rlimit stack{};
    ::getrlimit(RLIMIT_STACK, &stack);
    if (sanitized) GTEST_SKIP() << "a sanitizer maps more address space than any RLIMIT_AS leaves";
    if (stack.rlim_cur == RLIM_INFINITY) GTEST_SKIP() << "RLIMIT_STACK is unlimited, so stacks have no common size";
    GTEST_FLAG_SET(death_test_style, "threadsafe");
  }
};

TEST_F(TaskThreadsDeathTest, JoinTheOldestWhenTheSystemRefusesOneMore) {
  EXPECT_EXIT(expect_throttled_and_complete(), testing::ExitedWithCode(0), "");
}

TEST_F(TaskThreadsDeathTest, AreUnsupportedWhenNotEvenOneCanBeStarted) {
  EXPECT_EXIT(expect_refused(), testing::ExitedWithCode(0), "");
}

TEST(ThreadLimit, NamesALimitAndItsValue) {
  const ThreadLimit limit = nearest_thread_limit();
  const std::size_t equals = limit.text.find('=');
  ASSERT_NE(equals, std::string::npos) << limit.text;
  EXPECT_GT(std::stoull(limit.text.substr(equals + 1)), 0U);
  EXPECT_GT(limit.headroom, 0U) << "this test has just a few threads";
}

} // namespace
} // namespace std_thread
