#pragma once
/// Permits that coroutines share: who finds none waits for one to be released.
#include "flowcoro/base/assert.hpp"
#include "flowcoro/coro/awaitable.hpp"
#include "flowcoro/coro/detail/waiter.hpp"
#include "flowcoro/park/spin_lock.hpp"

#include <coroutine>
#include <cstddef>
#include <limits>
#include <mutex>
#include <utility>

namespace flowcoro {

class Semaphore;

/// Holds one permit; the destructor releases it. May be moved, and released on another thread.
class [[nodiscard]] SemaphorePermit {
 public:
  SemaphorePermit() = default;
  explicit SemaphorePermit(Semaphore& semaphore) noexcept : semaphore_{&semaphore} {}
  SemaphorePermit(SemaphorePermit&& other) noexcept : semaphore_{std::exchange(other.semaphore_, nullptr)} {}
  SemaphorePermit& operator=(SemaphorePermit&& other) noexcept {
    if (this != &other) {
      release();
      semaphore_ = std::exchange(other.semaphore_, nullptr);
    }
    return *this;
  }
  ~SemaphorePermit() { release(); }

  /// Early; no effect when it holds nothing.
  void release() noexcept;
  /// Lets go of the permit without releasing it, for who calls Semaphore::release() by hand, or never.
  void forget() noexcept { semaphore_ = nullptr; }
  [[nodiscard]] bool holds_permit() const noexcept { return semaphore_ != nullptr; }

 private:
  Semaphore* semaphore_ = nullptr;
};

/// FIFO: a released permit goes to the longest waiter, and while anybody waits nobody else gets one, try_acquire() included.
/// Releases post the waiters and resume nobody on their own stack, so any number of waiters is fine. Threads: any.
class Semaphore {
  class AcquireAwaiter;

 public:
  explicit Semaphore(std::size_t permits) noexcept : permits_{permits} {}
  Semaphore(const Semaphore&) = delete;
  Semaphore& operator=(const Semaphore&) = delete;
  /// Nobody may be waiting.
  ~Semaphore() = default;

  /// `auto permit = co_await semaphore.acquire();` Allocates: no.
  /// Cancellation: throws OperationCancelled and loses its place in the queue; no permit is lost.
  /// Cost: one short lock; where it waits, another one and a post.
  [[nodiscard]] AcquireAwaiter acquire() noexcept;

  /// Takes a permit, to be given back by release(), unless there is none or somebody waits for one.
  [[nodiscard]] bool try_acquire() noexcept {
    const std::lock_guard hold{lock_};
    return take_locked();
  }

  /// Adds `count` permits, those of acquire() or new ones. After it the semaphore may be gone, if a waiter ends its life.
  void release(std::size_t count = 1) noexcept {
    detail::Waiter::Queue woken;
    {
      const std::lock_guard hold{lock_};
      for (; count != 0; --count) {
        detail::Waiter* next = waiters_.pop_front();
        if (next == nullptr) break;
        next->complete();
        woken.push_back(*next);
      }
      FLOWCORO_ASSERT(count <= std::numeric_limits<std::size_t>::max() - permits_,
                      "a Semaphore was released more often than a size_t can count");
      permits_ += count;
    }
    detail::Waiter::post_all(woken);
  }

  /// Permits that nobody holds; a moment's view.
  [[nodiscard]] std::size_t available() const noexcept {
    const std::lock_guard hold{lock_};
    return permits_;
  }

 private:
  // Invariant: nobody waits while there is a permit.

  [[nodiscard]] bool take_locked() noexcept {
    if (permits_ == 0) return false;
    --permits_;
    return true;
  }

  mutable SpinLock lock_; // guards all below
  std::size_t permits_;
  detail::Waiter::Queue waiters_;
};

class [[nodiscard]] Semaphore::AcquireAwaiter : detail::Waiter {
 public:
  explicit AcquireAwaiter(Semaphore& semaphore) noexcept : Waiter{semaphore.lock_}, semaphore_{semaphore} {}

  [[nodiscard]] bool await_ready() noexcept { return semaphore_.try_acquire(); }
  template <class P>
  [[nodiscard]] bool await_suspend(std::coroutine_handle<P> waiter) {
    return suspend_unless(waiter, semaphore_.waiters_, [this] { return semaphore_.take_locked(); });
  }
  SemaphorePermit await_resume() {
    finish();
    return SemaphorePermit{semaphore_};
  }

 private:
  Semaphore& semaphore_;
};

inline Semaphore::AcquireAwaiter Semaphore::acquire() noexcept { return AcquireAwaiter{*this}; }
static_assert(Awaiter<decltype(std::declval<Semaphore&>().acquire())>);

inline void SemaphorePermit::release() noexcept {
  if (Semaphore* semaphore = std::exchange(semaphore_, nullptr)) semaphore->release();
}

} // namespace flowcoro
