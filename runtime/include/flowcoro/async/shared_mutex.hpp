#pragma once
/// A lock that many readers hold together or one writer alone.
#include "flowcoro/base/assert.hpp"
#include "flowcoro/coro/awaitable.hpp"
#include "flowcoro/coro/detail/waiter.hpp"
#include "flowcoro/park/spin_lock.hpp"

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <utility>

namespace flowcoro {

class SharedMutex;

namespace detail {
enum class Access : std::uint8_t { shared, exclusive };
} // namespace detail

/// Holds a SharedMutex in one of the two ways; the destructor unlocks. May be moved and unlocked on another thread.
template <detail::Access access>
class [[nodiscard]] SharedMutexLock {
 public:
  SharedMutexLock() = default;
  SharedMutexLock(SharedMutex& mutex, std::adopt_lock_t) noexcept : mutex_{&mutex} {}
  SharedMutexLock(SharedMutexLock&& other) noexcept : mutex_{std::exchange(other.mutex_, nullptr)} {}
  SharedMutexLock& operator=(SharedMutexLock&& other) noexcept {
    if (this != &other) {
      unlock();
      mutex_ = std::exchange(other.mutex_, nullptr);
    }
    return *this;
  }
  ~SharedMutexLock() { unlock(); }

  /// Early; no effect when it holds nothing.
  void unlock() noexcept;
  [[nodiscard]] bool owns_lock() const noexcept { return mutex_ != nullptr; }

 private:
  SharedMutex* mutex_ = nullptr;
};
using SharedLock = SharedMutexLock<detail::Access::shared>;
using ExclusiveLock = SharedMutexLock<detail::Access::exclusive>;

/// FIFO for readers and writers alike: a reader that comes while a writer waits queues behind it, so neither starves the other, and
/// neighbouring readers of the queue go in together. Unlocking posts and resumes nobody on its own stack. Not recursive: a reader
/// that locks again while a writer waits in between waits for ever. Threads: any.
class SharedMutex {
  template <detail::Access how>
  class LockAwaiter;

 public:
  SharedMutex() = default;
  SharedMutex(const SharedMutex&) = delete;
  SharedMutex& operator=(const SharedMutex&) = delete;
  ~SharedMutex() { FLOWCORO_ASSERT(!writer_ && readers_ == 0, "a SharedMutex was destroyed while it was locked"); }

  /// `auto lock = co_await mutex.lock();` alone. Allocates: no.
  /// Cancellation: throws OperationCancelled and loses its place in the queue; readers that waited behind it alone go in at once.
  [[nodiscard]] LockAwaiter<detail::Access::exclusive> lock() noexcept;
  /// `auto lock = co_await mutex.lock_shared();` together with other readers. The rest as for lock().
  [[nodiscard]] LockAwaiter<detail::Access::shared> lock_shared() noexcept;

  /// False while anybody waits, too.
  [[nodiscard]] bool try_lock() noexcept {
    const std::lock_guard hold{lock_};
    return take_locked(detail::Access::exclusive);
  }
  [[nodiscard]] bool try_lock_shared() noexcept {
    const std::lock_guard hold{lock_};
    return take_locked(detail::Access::shared);
  }

  /// Precondition: locked in that way. The locks do it for you.
  void unlock() noexcept {
    detail::Waiter::Queue woken;
    {
      const std::lock_guard hold{lock_};
      FLOWCORO_ASSERT(writer_, "a SharedMutex was unlocked that was not locked");
      writer_ = false;
      let_in(woken);
    }
    // After this the mutex may be gone: the next one may end its life.
    detail::Waiter::post_all(woken);
  }
  void unlock_shared() noexcept {
    detail::Waiter::Queue woken;
    {
      const std::lock_guard hold{lock_};
      FLOWCORO_ASSERT(readers_ != 0, "a SharedMutex was unlocked by a reader that it did not have");
      --readers_;
      let_in(woken);
    }
    detail::Waiter::post_all(woken);
  }

 private:
  struct Waiting : detail::Waiter {
    Waiting(SharedMutex& wanted, detail::Access how) noexcept
        : Waiter{wanted.lock_, &stop_requested}, mutex{wanted}, access{how} {}

    SharedMutex& mutex;
    const detail::Access access;

   private:
    static void stop_requested(flowcoro::StopNode& node) noexcept {
      auto& self = static_cast<Waiting&>(Waiter::of(node));
      Queue woken;
      self.mutex.lock_.lock();
      const bool was_queued = self.leave();
      if (was_queued) self.mutex.let_in(woken);
      self.mutex.lock_.unlock();
      // The mutex lives while anybody wants it, as `self` still does.
      post_all(woken);
      if (was_queued) self.post();
    }
  };

  // Invariant: the first of the queue cannot go in now.

  [[nodiscard]] bool admits(detail::Access access) const noexcept {
    return !writer_ && (access == detail::Access::shared || readers_ == 0);
  }
  void enter(detail::Access access) noexcept {
    if (access == detail::Access::shared)
      ++readers_;
    else
      writer_ = true;
  }
  [[nodiscard]] bool take_locked(detail::Access access) noexcept {
    if (!waiters_.empty() || !admits(access)) return false;
    enter(access);
    return true;
  }
  /// Restores the invariant after somebody has left.
  void let_in(detail::Waiter::Queue& woken) noexcept {
    while (auto* first = static_cast<Waiting*>(waiters_.front())) {
      if (!admits(first->access)) return;
      enter(first->access);
      waiters_.remove(*first);
      first->complete();
      woken.push_back(*first);
    }
  }

  SpinLock lock_; // guards all below
  bool writer_ = false;
  std::size_t readers_ = 0;
  detail::Waiter::Queue waiters_;
};

template <detail::Access how>
class [[nodiscard]] SharedMutex::LockAwaiter : Waiting {
 public:
  explicit LockAwaiter(SharedMutex& wanted) noexcept : Waiting{wanted, how} {}

  [[nodiscard]] bool await_ready() noexcept {
    const std::lock_guard hold{mutex.lock_};
    return mutex.take_locked(how);
  }
  template <class P>
  [[nodiscard]] bool await_suspend(std::coroutine_handle<P> waiter) {
    return suspend_unless(waiter, mutex.waiters_, [this] { return mutex.take_locked(how); });
  }
  SharedMutexLock<how> await_resume() {
    finish();
    return SharedMutexLock<how>{mutex, std::adopt_lock};
  }
};

inline SharedMutex::LockAwaiter<detail::Access::exclusive> SharedMutex::lock() noexcept {
  return LockAwaiter<detail::Access::exclusive>{*this};
}
inline SharedMutex::LockAwaiter<detail::Access::shared> SharedMutex::lock_shared() noexcept {
  return LockAwaiter<detail::Access::shared>{*this};
}
static_assert(Awaiter<decltype(std::declval<SharedMutex&>().lock())> &&
              Awaiter<decltype(std::declval<SharedMutex&>().lock_shared())>);

template <detail::Access access>
void SharedMutexLock<access>::unlock() noexcept {
  SharedMutex* mutex = std::exchange(mutex_, nullptr);
  if (mutex == nullptr) return;
  if constexpr (access == detail::Access::shared)
    mutex->unlock_shared();
  else
    mutex->unlock();
}

} // namespace flowcoro
