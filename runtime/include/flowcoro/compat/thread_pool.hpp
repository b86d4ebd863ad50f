#pragma once
/// ThreadPool and GlobalThreadPool: threads that run functions, over a BlockingPool.
#include "flowcoro/compat/detail/packaged_call.hpp"
#include "flowcoro/sched/blocking_pool.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <future>
#include <thread>
#include <type_traits>
#include <utility>

namespace flowcoro {

/// A fixed number of threads. Work starts in the order in which it came; what was taken runs before the pool ends. Threads: any.
/// For work that blocks or that belongs to no coroutine: coroutines run on a Runtime.
class ThreadPool {
 public:
  /// As many threads as the pools of the documents had: two for each CPU, at least 32 and at most 128.
  [[nodiscard]] static std::size_t preset_threads() noexcept {
    return std::clamp<std::size_t>(std::size_t{2} * std::thread::hardware_concurrency(), 32, 128);
  }

  /// One for each CPU. Throws std::system_error.
  ThreadPool() : ThreadPool{std::max<std::size_t>(1, std::thread::hardware_concurrency())} {}
  /// Throws std::invalid_argument for none; std::system_error.
  explicit ThreadPool(std::size_t threads) : pool_{options_for(threads)}, threads_{threads} {}

  /// The result or the exception of `function(args...)`, which keeps copies of both; std::ref passes a reference.
  /// Throws BlockingPoolStopped after stop().
  template <class F, class... Args>
    requires std::invocable<std::decay_t<F>, std::decay_t<Args>...>
  [[nodiscard]] auto enqueue(F&& function, Args&&... args) {
    return detail::submit_packaged(pool_, std::forward<F>(function), std::forward<Args>(args)...);
  }
  /// Without a result. An exception is counted, see stats().
  template <class F>
    requires std::invocable<F&>
  void enqueue_void(F function) {
    pool_.submit(std::move(function));
  }
  template <class F>
    requires std::invocable<F&>
  void submit(F function) {
    pool_.submit(std::move(function));
  }

  /// Runs what was taken, and takes no more. Idempotent. Blocks.
  void stop() noexcept { pool_.stop(); }

  [[nodiscard]] std::size_t size() const noexcept { return threads_; }
  [[nodiscard]] BlockingPoolStats stats() const { return pool_.stats(); }

 private:
  [[nodiscard]] static BlockingPoolOptions options_for(std::size_t threads) {
    BlockingPoolOptions options;
    options.min_threads = options.max_threads = threads;
    return options;
  }

  BlockingPool pool_;
  const std::size_t threads_;
};

/// The one of the process.
class GlobalThreadPool {
 public:
  /// With ThreadPool::preset_threads() threads at most, which are started as they are needed and end when they have nothing to do. The
  /// first call makes it; it is never destroyed.
  [[nodiscard]] static GlobalThreadPool& get_pool() {
    static GlobalThreadPool& pool = *new GlobalThreadPool;
    return pool;
  }

  template <class F>
    requires std::invocable<F&>
  void submit(F function) {
    pool_.submit(std::move(function));
  }
  template <class F>
    requires std::invocable<F&>
  void enqueue_void(F function) {
    pool_.submit(std::move(function));
  }
  /// As ThreadPool::enqueue().
  template <class F, class... Args>
    requires std::invocable<std::decay_t<F>, std::decay_t<Args>...>
  [[nodiscard]] auto enqueue(F&& function, Args&&... args) {
    return detail::submit_packaged(pool_, std::forward<F>(function), std::forward<Args>(args)...);
  }
  [[nodiscard]] BlockingPoolStats stats() const { return pool_.stats(); }

 private:
  GlobalThreadPool() : pool_{BlockingPoolOptions{.max_threads = ThreadPool::preset_threads()}} {}

  BlockingPool pool_;
};

} // namespace flowcoro
