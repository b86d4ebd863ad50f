#pragma once
/// A lock of four bytes for short critical sections: for use inside awaiters and channels, never across a suspension.
#include "flowcoro/park/futex.hpp"

namespace flowcoro {

/// BasicLockable. Uncontended: one compare-exchange and one exchange. Waiters sleep in the kernel, so a preempted holder
/// costs time but no spinning CPU. Source: Drepper, "Futexes Are Tricky", third mutex.
class FutexLock {
 public:
  void lock() noexcept {
    std::uint32_t state = free;
    if (state_.compare_exchange_strong(state, held, std::memory_order_acquire, std::memory_order_relaxed)) return;
    // Holders keep the lock for tens of nanoseconds: look again a few times before asking the kernel.
    for (int i = 0; i < 64; ++i) {
      if (state_.load(std::memory_order_relaxed) == free) {
        state = free;
        if (state_.compare_exchange_weak(state, held, std::memory_order_acquire, std::memory_order_relaxed)) return;
      }
      pause();
    }
    while (state_.exchange(contended, std::memory_order_acquire) != free) futex_wait(state_, contended);
  }

  [[nodiscard]] bool try_lock() noexcept {
    std::uint32_t state = free;
    return state_.compare_exchange_strong(state, held, std::memory_order_acquire, std::memory_order_relaxed);
  }

  void unlock() noexcept {
    if (state_.exchange(free, std::memory_order_release) == contended) futex_wake_one(&state_);
  }

 private:
  static constexpr std::uint32_t free = 0;
  static constexpr std::uint32_t held = 1;
  static constexpr std::uint32_t contended = 2;

  static void pause() noexcept {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }

  std::atomic<std::uint32_t> state_{free};
};

} // namespace flowcoro
