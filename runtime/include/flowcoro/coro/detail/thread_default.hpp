#pragma once
/// Where what a thread begins outside any scheduler goes.
#include "flowcoro/base/detail/thread_context.hpp"

#include <utility>

namespace flowcoro::detail {

/// While it lives, what this thread begins outside any scheduler begins on `scheduler`, not on the default runtime.
class ThreadDefault {
 public:
  explicit ThreadDefault(Scheduler& scheduler) noexcept
      : before_{std::exchange(thread_context().default_scheduler, &scheduler)} {}
  ThreadDefault(const ThreadDefault&) = delete;
  ThreadDefault& operator=(const ThreadDefault&) = delete;
  ~ThreadDefault() { thread_context().default_scheduler = before_; }

 private:
  Scheduler* before_;
};

} // namespace flowcoro::detail
