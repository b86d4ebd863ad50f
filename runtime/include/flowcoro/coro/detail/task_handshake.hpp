#pragma once
/// How the end of a task and its owner meet: one word, and one atomic operation of each side.
#include "flowcoro/base/assert.hpp"
#include "flowcoro/base/atomics.hpp"

#include <atomic>
#include <cstdint>

namespace flowcoro::detail {

struct Continuation;

///   running --end--> done                            the owner destroys the frame
///   running --await--> Continuation* --end--> done   and the continuation goes on
///   running --drop--> detached --end-->              the frame destroys itself
///
/// Each arrow is one atomic operation. Whoever loses a race sees the other's value and acts on it; after publishing its own,
/// a side never touches the frame again.
template <class Atomics = StdAtomics>
class BasicTaskHandshake {
 public:
  // The owner, on any thread.

  [[nodiscard]] bool done() const noexcept { return state_.load(std::memory_order_acquire) == done_state; }
  /// \return false when the task has ended already; then `continuation` is not kept.
  [[nodiscard]] bool try_await(Continuation& continuation) noexcept {
    std::uintptr_t expected = running_state;
    // release: the continuation's members; acquire on failure: the result.
    if (state_.compare_exchange_strong(expected, reinterpret_cast<std::uintptr_t>(&continuation),
                                       std::memory_order_release, std::memory_order_acquire))
      return true;
    FLOWCORO_ASSERT(expected == done_state, "a task is awaited by two coroutines; use SharedTask");
    return false;
  }
  /// Lets go of the task. \return true when it had ended: then the caller destroys the frame.
  [[nodiscard]] bool detach() noexcept {
    return state_.exchange(detached_state, std::memory_order_acq_rel) == done_state;
  }

  // Anybody, while something keeps the task from ending.

  /// \return what goes on at its end, if somebody waits for that.
  [[nodiscard]] const Continuation* continuation() const noexcept {
    // acquire: who waits, and all that led to it.
    const std::uintptr_t word = state_.load(std::memory_order_acquire);
    return word > detached_state ? reinterpret_cast<const Continuation*>(word) : nullptr;
  }

  // The task.

  enum class Owner : std::uint8_t {
    holds_it, ///< and may destroy the frame from now on
    awaits_it,
    has_left, ///< so the caller destroys the frame
  };
  struct End {
    Owner owner;
    Continuation* continuation; ///< of one that awaits
  };
  /// Publishes the result.
  [[nodiscard]] End end() noexcept {
    std::uintptr_t before = state_.load(std::memory_order_acquire);
    if (before > detached_state) {
      // Its owner waits, and does nothing more to the task until then: this side has the word to itself.
      state_.store(done_state, std::memory_order_relaxed);
      return {Owner::awaits_it, reinterpret_cast<Continuation*>(before)};
    }
    before = state_.exchange(done_state, std::memory_order_acq_rel);
    if (before == running_state) return {Owner::holds_it, nullptr};
    if (before == detached_state) return {Owner::has_left, nullptr};
    return {Owner::awaits_it, reinterpret_cast<Continuation*>(before)};
  }

  // While the task is known to one thread at a time: it is awaited before it starts, or ends before it is shared.

  void await_unshared(Continuation& continuation) noexcept {
    FLOWCORO_ASSERT(state_.load(std::memory_order_relaxed) == running_state,
                    "a Lazy is awaited by two coroutines; use SharedTask");
    // release: the continuation's members, for somebody who looks.
    state_.store(reinterpret_cast<std::uintptr_t>(&continuation), std::memory_order_release);
  }
  void end_unshared() noexcept { state_.store(done_state, std::memory_order_relaxed); }
  /// The same after await_unshared(). \return what that was given.
  [[nodiscard]] Continuation& end_awaited_unshared() noexcept {
    auto* continuation = reinterpret_cast<Continuation*>(state_.load(std::memory_order_relaxed));
    end_unshared();
    return *continuation;
  }

 private:
  static constexpr std::uintptr_t running_state = 0;
  static constexpr std::uintptr_t done_state = 1;
  static constexpr std::uintptr_t detached_state = 2;

  typename Atomics::template Atomic<std::uintptr_t> state_{running_state};
};
using TaskHandshake = BasicTaskHandshake<>;

} // namespace flowcoro::detail
