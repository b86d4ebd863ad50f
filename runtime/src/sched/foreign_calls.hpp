#pragma once
/// Threads that are no workers and are inside a runtime, and what such threads have put into its inject queues.
#include <atomic>
#include <cstdint>

namespace flowcoro::detail {

/// Both in one word, so that who leaves counts what it has brought by the operation that it leaves with.
class ForeignCalls {
 public:
  /// What they have injected is known modulo so much.
  static constexpr std::uint64_t injected_limit = std::uint64_t{1} << 40;

  /// seq_cst: a thread that brings new work enters, then looks whether the runtime is accepting; shutdown() says that it is
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

} // namespace flowcoro::detail
