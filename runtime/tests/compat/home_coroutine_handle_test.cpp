#include "flowcoro/compat/home_coroutine_handle.hpp"

#include <gtest/gtest.h>

#include <coroutine>
#include <exception>
#include <thread>

namespace {

using flowcoro::HomeResume;
using flowcoro::SafeCoroutineHandle;

struct Made {
  struct promise_type {
    Made get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_always initial_suspend() { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
  std::coroutine_handle<promise_type> handle;
};

Made notes(std::thread::id& where) {
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
