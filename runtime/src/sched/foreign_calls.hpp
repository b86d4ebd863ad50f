#pragma once
/// Threads that do not run a scheduler and are inside of it, and what such threads have put into its inject queues.
#include <atomic>
#include <cstdint>

namespace flowcoro::detail {

/// Both in one word, so that who leaves counts what it has brought by the operation that it leaves with.
class ForeignCalls {
 public:
  /// What they have injected is known modulo so much.
  static constexpr std::uint64_t injected_limit = std::uint64_t{1} << 40;

  /// seq_cst: a thread that brings new work enters, then looks whether the scheduler is accepting; shutdown() says that it is
  /// not, then looks who is inside. One of the two sees the other.
  void enter() noexcept { word_.fetch_add(1, std::memory_order_seq_cst); }
  void leave(std::uint64_t injected) noexcept {
    word_.fetch_add(injected * one_injected - 1, std::memory_order_release);
  }
  [[nodiscard]] bool any_inside() const noexcept { return word_.load(std::memory_order_seq_cst) % one_injected != 0; }
  /// By those that have left.
  [[nodiscard]] std::uint64_t injected() const noexcept { return word_.load(std::memory_order_acquire) / one_injected; }

 private:
  static constexpr std::uint64_t one_injected = std::uint64_t{1} << 24; // above it there are no more threads in a Linux

  std::atomic<std::uint64_t> word_{0};
};

/// Marks a thread that does not run the scheduler as being inside, so that the scheduler's end waits for the thread to leave: the task that
/// the thread makes ready may finish, and the scheduler with it, before the thread has returned.
class ForeignCall {
 public:
  explicit ForeignCall(ForeignCalls& calls) noexcept : calls_{calls} { calls_.enter(); }
  ~ForeignCall() { calls_.leave(injected_); }
  ForeignCall(const ForeignCall&) = delete;
  ForeignCall& operator=(const ForeignCall&) = delete;

  /// It has put a coroutine into an inject queue.
  void count_injected() noexcept { ++injected_; }

 private:
  ForeignCalls& calls_;
  std::uint64_t injected_ = 0;
};

} // namespace flowcoro::detail
