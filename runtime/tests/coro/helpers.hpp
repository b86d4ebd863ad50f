#pragma once
/// What the tests of this floor share: waits that the test ends, threads that no runtime knows, and a record of lost errors.
#include "flowcoro/coro/detail/promise.hpp"
#include "flowcoro/sched/runtime.hpp"

#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace flowcoro::test {

/// Keeps one coroutine waiting until the test opens it, from any thread. Deaf to stop requests.
class Gate {
 public:
  Gate() = default;
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  void open() noexcept {
    auto* waiting = reinterpret_cast<Awaiter*>(state_.exchange(opened, std::memory_order_acq_rel));
    if (waiting != nullptr) waiting->home_->post(*waiting);
  }
  /// True once a coroutine waits here.
  [[nodiscard]] bool occupied() const noexcept { return state_.load(std::memory_order_acquire) > opened; }

  class Awaiter : ReadyNode {
   public:
    explicit Awaiter(Gate& gate) noexcept : gate_{gate} {}
    [[nodiscard]] bool await_ready() const noexcept { return gate_.state_.load(std::memory_order_acquire) == opened; }
    template <class P>
    [[nodiscard]] bool await_suspend(std::coroutine_handle<P> waiter) {
      handle = waiter;
      home_ = &flowcoro::detail::home_of(waiter);
      std::uintptr_t expected = closed;
      return gate_.state_.compare_exchange_strong(expected, reinterpret_cast<std::uintptr_t>(this),
                                                  std::memory_order_acq_rel);
    }
    void await_resume() const noexcept {}

   private:
    friend class Gate;
    Gate& gate_;
    Scheduler* home_ = nullptr;
  };
  [[nodiscard]] Awaiter operator co_await() noexcept { return Awaiter{*this}; }

 private:
  static constexpr std::uintptr_t closed = 0;
  static constexpr std::uintptr_t opened = 1;
  std::atomic<std::uintptr_t> state_{closed};
};

/// Threads that belong to no runtime; joined at the end.
class ForeignThreads {
  class Hop {
   public:
    explicit Hop(ForeignThreads& threads) noexcept : threads_{threads} {}
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiter) { threads_.start(waiter); }
    void await_resume() const noexcept {}

   private:
    ForeignThreads& threads_;
  };

 public:
  /// `co_await threads.hop()`: continues on a fresh thread.
  [[nodiscard]] Hop hop() noexcept { return Hop{*this}; }

 private:
  void start(std::coroutine_handle<> waiter) {
    const std::lock_guard lock{mutex_};
    threads_.emplace_back([waiter] { waiter.resume(); });
  }

  std::mutex mutex_;
  std::vector<std::jthread> threads_;
};

/// The text of an exception, or what it is when it has none.
[[nodiscard]] inline std::string text_of(const std::exception_ptr& error) {
  if (error == nullptr) return "no error";
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& e) {
    return e.what();
  } catch (...) {
    return "not a std::exception";
  }
}

/// What reached the handler of a runtime.
class LostErrors {
 public:
  [[nodiscard]] RuntimeOptions options(unsigned workers) {
    return {.workers = workers, .on_unhandled = [this](std::exception_ptr error) {
              const std::lock_guard lock{mutex_};
              texts_.push_back(text_of(error));
            }};
  }
  [[nodiscard]] std::vector<std::string> texts() const {
    const std::lock_guard lock{mutex_};
    return texts_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> texts_;
};

/// Gives other threads turns until `condition` holds. \return false when it did not come true in half a minute.
template <class Condition>
[[nodiscard]] bool eventually(Condition condition) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{30};
  while (!condition()) {
    if (std::chrono::steady_clock::now() > give_up) return false;
    std::this_thread::yield();
  }
  return true;
}

/// Keeps the thread busy for a moment whose length differs from call to call, so that races meet at different points.
inline void dawdle(std::size_t turns) noexcept {
  for (std::size_t i = 0; i < turns; ++i) asm volatile("");
}

/// Over-aligned by as much as the test asks for.
template <std::size_t bytes>
struct alignas(bytes) AlignedTo {
  explicit AlignedTo(int v) noexcept : value{v} {}
  int value;

  [[nodiscard]] bool is_aligned() const noexcept {
    auto address = reinterpret_cast<std::uintptr_t>(this);
    asm("" : "+r"(address)); // hides where it comes from: the compiler may take the alignment of `this` for granted
    return address % bytes == 0;
  }
};

} // namespace flowcoro::test
