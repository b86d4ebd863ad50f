#pragma once
/// A stack of its own that one thread switches to and from.
#include <ucontext.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

namespace flowcoro::model {

/// Tells AddressSanitizer and ThreadSanitizer of every switch.
class Fiber {
 public:
  /// The stack that the calling thread has already; to switch back to.
  Fiber();
  /// Calls `body` when it is switched to for the first time. `body` must not return, nor throw.
  explicit Fiber(std::function<void()> body);
  /// Frees the stack, whatever was on it: nothing is unwound.
  ~Fiber();
  /// Forgets what was on the stack, which stays where it is, and calls `body` again when it is switched to.
  void restart();
  /// Is this the address of something on the stack?
  [[nodiscard]] bool holds(std::uintptr_t address) const noexcept {
    return address - reinterpret_cast<std::uintptr_t>(stack_.get()) < stack_bytes;
  }
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// Goes on in `to`, until something switches back to `from`, which is the one that runs.
  static void switch_over(Fiber& from, Fiber& to);

 private:
  static void enter(unsigned high, unsigned low);
  void arrived();
  void prepare();
  void forget();

  static constexpr std::size_t stack_bytes = std::size_t{256} * 1024;

  std::unique_ptr<std::byte[]> stack_;
  std::function<void()> body_;
  ucontext_t context_{};
  // For the sanitizers.
  [[maybe_unused]] Fiber* came_from_ = nullptr;
  [[maybe_unused]] void* fake_stack_ = nullptr;
  [[maybe_unused]] const void* bottom_ = nullptr;
  [[maybe_unused]] std::size_t size_ = 0;
  [[maybe_unused]] void* tsan_fiber_ = nullptr;
};

} // namespace flowcoro::model
