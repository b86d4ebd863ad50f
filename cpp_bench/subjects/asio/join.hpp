#pragma once
// Lets one coroutine wait until a known number of tasks have ended: a counter, and a channel for the last one to speak.
// make_parallel_group says the same in one call, and costs each task a cancellation signal and a place in three vectors.

#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/concurrent_channel.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/system/error_code.hpp>

#include <atomic>
#include <cstdint>

namespace asio_subject {

/// The pool's own type: any_io_executor, the default, would add virtual calls and a reference count to each step.
using Executor = boost::asio::thread_pool::executor_type;

class Join {
 public:
  Join(const Executor& executor, std::uint64_t tasks) : left_(tasks), all_ended_(executor, 1) {}

  /// Says that one more task has ended. Threads: any.
  void finish() {
    // acq_rel: the task that brings it to zero has seen, and through the channel passes on, what every task wrote.
    if (left_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      all_ended_.try_send(boost::system::error_code{}); // the waiter may go on, but waits for this call to destroy it
    }
  }

  /// `co_await join.wait()` goes on when all tasks have ended. Once, by one coroutine.
  [[nodiscard]] auto wait() { return all_ended_.async_receive(boost::asio::deferred); }

 private:
  std::atomic<std::uint64_t> left_;
  boost::asio::experimental::concurrent_channel<Executor, void(boost::system::error_code)> all_ended_;
};

} // namespace asio_subject
