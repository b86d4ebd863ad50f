#pragma once
/// Threads for calls that block, so that no worker of a runtime has to.
#include "flowcoro/base/intrusive_list.hpp"
#include "flowcoro/base/time.hpp"
#include "flowcoro/coro/awaitable.hpp"
#include "flowcoro/coro/detail/promise.hpp"
#include "flowcoro/coro/detail/result_slot.hpp"

#include <chrono>
#include <concepts>
#include <condition_variable>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace flowcoro {

/// Work was handed to a BlockingPool that has been stopped.
class BlockingPoolStopped final : public std::runtime_error {
 public:
  BlockingPoolStopped() : std::runtime_error{"the pool of threads was stopped and takes no more work"} {}
};

struct BlockingPoolOptions {
  /// Threads that are kept though there is nothing to do; started by the constructor.
  std::size_t min_threads = 0;
  /// A thread is started when work waits and none is idle, up to so many; at least 1, and min_threads.
  std::size_t max_threads = 128;
  /// A thread beyond min_threads that had nothing to do for so long ends.
  Nanoseconds idle = std::chrono::seconds{10};
  /// Called with what work of submit() threw, on the thread where it was thrown. It must not throw. Default: count it.
  std::function<void(std::exception_ptr)> on_unhandled = {};
};

/// Exact while nothing runs.
struct BlockingPoolStats {
  std::size_t threads = 0;      ///< now
  std::size_t idle = 0;         ///< of them, without work
  std::size_t most_threads = 0; ///< at once, so far
  std::size_t queued = 0;
  std::uint64_t submitted = 0;
  std::uint64_t completed = 0; ///< with an exception or without
  std::uint64_t unhandled = 0; ///< exceptions of submit()'s work
};

/// Work starts in the order in which it came. Threads: any, for every function; the threads of the pool take no signals.
class BlockingPool {
 public:
  /// Throws std::invalid_argument, which names the option; std::system_error, which names the thread, when one of min_threads cannot be
  /// started: those that were are joined first.
  explicit BlockingPool(BlockingPoolOptions options = {});
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;
  /// stop().
  ~BlockingPool();

  /// Takes no more work, runs what was taken, and joins the threads. Idempotent. Blocks. Not from work of this pool.
  void stop() noexcept;

  /// Runs `work` on a thread of the pool. What it throws goes to BlockingPoolOptions::on_unhandled.
  /// Throws BlockingPoolStopped, std::bad_alloc; std::system_error when there is no thread and none can be started. Where some thread is
  /// there, the work waits for it instead.
  template <class F>
    requires std::invocable<F&>
  void submit(F work) {
    enqueue(std::make_unique<Owned<F>>(std::move(work)));
  }

  /// `R r = co_await pool.run(f);` calls `f()` on a thread of the pool and gives its result, or rethrows. The coroutine continues on
  /// its own scheduler. The co_await throws what submit() throws; then `f` is not called.
  /// Cancellation: none while f runs, because nothing can stop it; a stop request is seen at the next wait.
  template <class F>
    requires std::invocable<F&>
  [[nodiscard]] auto run(F function) {
    return Call<F>{*this, std::move(function)};
  }

  [[nodiscard]] BlockingPoolStats stats() const;

 private:
  /// Queued work; it destroys itself when it has run.
  struct Work : ListNode {
    Work() = default;
    Work(const Work&) = delete;
    Work& operator=(const Work&) = delete;
    virtual ~Work() = default;
    /// May throw. Afterwards the pool does not touch it.
    virtual void run() = 0;
    /// After run().
    virtual void dispose() noexcept {}
  };
  template <class F>
  struct Owned final : Work {
    explicit Owned(F&& function) : function_{std::move(function)} {}
    void run() override { static_cast<void>(std::invoke(function_)); }
    void dispose() noexcept override { delete this; }

   private:
    F function_;
  };
  template <class F>
  class Call;

  void enqueue(std::unique_ptr<Work> work);
  void enqueue(Work& work);
  void start_thread();
  [[nodiscard]] std::vector<std::thread> take_ended() noexcept;
  void thread_loop() noexcept;
  /// \return whether it threw nothing.
  [[nodiscard]] bool run_one(Work& work) noexcept;
  /// Threads that have ended; without the lock.
  static void join_all(std::vector<std::thread>& threads) noexcept;

  const BlockingPoolOptions options_;
  mutable std::mutex mutex_; // guards all below
  std::condition_variable changed_;
  IntrusiveList<Work> queue_;
  std::vector<std::thread> threads_;
  std::vector<std::thread> ended_; // to be joined
  std::size_t live_ = 0;
  std::size_t idle_ = 0;
  std::size_t queued_ = 0;
  bool stopping_ = false;
  BlockingPoolStats counts_;
};

/// Lives in the frame of the coroutine that awaits it.
template <class F>
class [[nodiscard]] BlockingPool::Call : Work {
  using R = std::invoke_result_t<F&>;

 public:
  Call(BlockingPool& pool, F&& function) : pool_{pool}, function_{std::move(function)} {}
  ~Call() override { result_.clear(kind_); }

  [[nodiscard]] bool await_ready() const noexcept { return false; }
  template <class P>
  void await_suspend(std::coroutine_handle<P> waiter) {
    waiter_.handle = waiter;
    waiter_.home = &detail::home_of(waiter);
    pool_.enqueue(static_cast<Work&>(*this)); // after it the coroutine may run elsewhere
  }
  R await_resume() { return result_.take(kind_); }

 private:
  void run() override {
    try {
      if constexpr (std::is_void_v<R>) {
        std::invoke(function_);
        result_.set_value(kind_);
      } else {
        result_.set_value(kind_, std::invoke(function_));
      }
    } catch (...) {
      result_.set_error(kind_, std::current_exception());
    }
  }
  void dispose() noexcept override { waiter_.home->post(waiter_); }

  BlockingPool& pool_;
  F function_;
  detail::ResultKind kind_ = detail::ResultKind::none;
  detail::ResultSlot<R> result_;
  detail::ResumeWaiter waiter_;
};

/// The process-wide pool that is used where none is named. The first call makes it, with one thread that is kept and joins the others, up
/// to 128 in all, when they end. Throws std::system_error when that cannot be started. It is never destroyed, and what it
/// still runs ends with the process.
[[nodiscard]] BlockingPool& default_blocking_pool();

/// `auto text = co_await blocking([] { return read_file(); });` on the default pool. As BlockingPool::run().
template <class F>
  requires std::invocable<F&>
[[nodiscard]] auto blocking(F function) {
  return default_blocking_pool().run(std::move(function));
}

} // namespace flowcoro
