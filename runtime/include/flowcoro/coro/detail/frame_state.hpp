#pragma once
/// Who may resume a frame, who destroys it, and when: one word.
#include "flowcoro/base/atomics.hpp"

#include <atomic>
#include <cstdint>

namespace flowcoro::detail {

///   idle --begin_resume--> running --end_resume--> idle, or finished when the coroutine has come to its end
///   idle, finished --destroy--> destroyed             whoever made this change destroys the frame
///   running --destroy--> doomed --end_resume--> destroyed    the one that resumed destroys it
///   idle, finished, destroyed --leave--> (gone)     running, doomed --leave--> orphaned --end_resume--> (gone)
///
/// Threads: any. Each change says what its maker must do; nobody else does it.
template <class Atomics = StdAtomics>
class BasicFrameState {
 public:
  enum class Begin : std::uint8_t { resume, busy, finished, destroyed };
  /// \return resume: the caller has the frame, until end_resume().
  [[nodiscard]] Begin begin_resume() noexcept {
    std::uint32_t expected = idle;
    // acquire: what the one before wrote in the frame.
    if (word_.compare_exchange_strong(expected, running, std::memory_order_acquire, std::memory_order_relaxed))
      return Begin::resume;
    if (expected == finished) return Begin::finished;
    return expected == destroyed ? Begin::destroyed : Begin::busy;
  }
  enum class Duty : std::uint8_t {
    none,
    destroy_frame, ///< then call frame_destroyed()
    destroy_all,   ///< the frame, and what holds this word
  };
  /// \param at_end the coroutine has finished.
  [[nodiscard]] Duty end_resume(bool at_end) noexcept {
    std::uint32_t expected = running;
    // release: the frame, for whoever has it next. acquire on failure: what those that destroy or leave did with it before.
    if (word_.compare_exchange_strong(expected, at_end ? finished : idle, std::memory_order_release,
                                      std::memory_order_acquire))
      return Duty::none;
    return expected == doomed ? Duty::destroy_frame : Duty::destroy_all;
  }
  /// After a frame that was doomed is destroyed. \return whether what holds this word must go too.
  [[nodiscard]] bool frame_destroyed() noexcept {
    std::uint32_t expected = doomed;
    return !word_.compare_exchange_strong(expected, destroyed, std::memory_order_release, std::memory_order_acquire);
  }

  enum class Destroy : std::uint8_t { now, later, before };
  /// \return now: the caller destroys the frame. later: it runs, and whoever resumed it does. before: somebody has, or will.
  [[nodiscard]] Destroy destroy() noexcept {
    std::uint32_t seen = word_.load(std::memory_order_relaxed);
    for (;;) {
      if (seen != idle && seen != finished && seen != running) return Destroy::before;
      const std::uint32_t wanted = seen == running ? doomed : destroyed;
      // acq_rel: whoever destroys the frame sees what was done with it, here and there.
      if (word_.compare_exchange_weak(seen, wanted, std::memory_order_acq_rel, std::memory_order_relaxed))
        return wanted == destroyed ? Destroy::now : Destroy::later;
    }
  }

  enum class Leave : std::uint8_t { frame_and_word, word, nothing };
  /// The owner goes. \return what it must destroy; nothing: it runs, and whoever resumed it destroys both.
  [[nodiscard]] Leave leave() noexcept {
    std::uint32_t seen = word_.load(std::memory_order_acquire);
    for (;;) {
      if (seen == destroyed) return Leave::word;
      const std::uint32_t wanted = seen == idle || seen == finished ? destroyed : orphaned;
      if (word_.compare_exchange_weak(seen, wanted, std::memory_order_acq_rel, std::memory_order_acquire))
        return wanted == destroyed ? Leave::frame_and_word : Leave::nothing;
    }
  }

  /// A moment's view.
  [[nodiscard]] bool is_finished() const noexcept { return word_.load(std::memory_order_acquire) == finished; }
  [[nodiscard]] bool is_destroyed() const noexcept {
    const std::uint32_t seen = word_.load(std::memory_order_acquire);
    return seen == destroyed || seen == doomed || seen == orphaned;
  }

 private:
  static constexpr std::uint32_t idle = 0, running = 1, doomed = 2, orphaned = 3, finished = 4, destroyed = 5;

  typename Atomics::template Atomic<std::uint32_t> word_{idle};
};
using FrameState = BasicFrameState<>;

} // namespace flowcoro::detail
