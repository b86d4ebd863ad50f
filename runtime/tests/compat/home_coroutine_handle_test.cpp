#include "flowcoro/compat/home_coroutine_handle.hpp"

#include "support/plain_coroutine.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace {

using flowcoro::HomeResume;
using flowcoro::SafeCoroutineHandle;
using flowcoro::test::Plain;

Plain notes(std::thread::id& where) {
  where = std::this_thread::get_id();
  co_return;
}

TEST(SafeCoroutineHandle, IsResumedByItsOwnThreadOnly) {
  std::thread::id where;
  SafeCoroutineHandle handle{notes(where).handle};
  EXPECT_TRUE(handle.is_valid());
  EXPECT_TRUE(handle.is_current_thread_safe());
  EXPECT_EQ(handle.creation_thread(), std::this_thread::get_id());
  std::thread{[&handle] {
    EXPECT_FALSE(handle.is_current_thread_safe());
    EXPECT_EQ(handle.resume(), HomeResume::posted);
  }}.join();
  EXPECT_FALSE(handle.done());
  EXPECT_EQ(flowcoro::run_posted_resumes(), 1u);
  EXPECT_TRUE(handle.done());
  EXPECT_EQ(where, std::this_thread::get_id());
  EXPECT_EQ(handle.destroy(), flowcoro::Destroyed::now);
  EXPECT_FALSE(handle.is_valid());
  EXPECT_EQ(handle.resume(), HomeResume::gone);
}

} // namespace
