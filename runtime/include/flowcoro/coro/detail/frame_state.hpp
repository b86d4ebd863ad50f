#pragma once
/// Who may resume a frame, who destroys it, and when: one word.
#include "flowcoro/base/atomics.hpp"

#include <atomic>
#include <cstdint>

namespace flowcoro::detail {

///   idle --begin_resume, begin_turn--> running --end_resume--> idle, or finished when the coroutine has come to its end
///   idle, finished --destroy--> destroyed             whoever made this change destroys the frame
///   running --destroy--> doomed --end_resume--> destroyed    the one that resumed destroys it
///   idle, finished, destroyed --leave--> (gone)     running, doomed --leave--> orphaned --end_resume--> (gone)
/// A turn of a queue that finds it running waits beside these: whoever resumed it gets that turn from end_resume().
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
  enum class Turn : std::uint8_t { resume, waits, over };
  /// A queue's: there is one such turn at a time. \return waits: it runs, and whoever resumed it has the turn now. over: it will not run again.
  [[nodiscard]] Turn begin_turn() noexcept {
    std::uint32_t seen = idle;
    for (;;) {
      if (seen != idle && seen != running) return Turn::over;
      const std::uint32_t wanted = seen == idle ? running : running | turn;
      // acquire: as begin_resume(). release: what belongs to the turn, for end_resume().
      if (word_.compare_exchange_weak(seen, wanted, std::memory_order_acq_rel, std::memory_order_relaxed))
        return wanted == running ? Turn::resume : Turn::waits;
    }
  }

  enum class Duty : std::uint8_t {
    none,
    destroy_frame, ///< then call frame_destroyed()
    destroy_all,   ///< the frame, and what holds this word
  };
  struct End {
    Duty duty;
    bool turn; ///< one waits, and is the caller's now
  };
  /// \param at_end the coroutine has finished.
  [[nodiscard]] End end_resume(bool at_end) noexcept {
    std::uint32_t seen = running;
    while ((seen & ~turn) == running) {
      // release: the frame, for whoever has it next. acquire on failure: the turn, and what those that destroy or leave did before.
      if (word_.compare_exchange_weak(seen, at_end ? finished : idle, std::memory_order_release,
                                      std::memory_order_acquire))
        return {Duty::none, (seen & turn) != 0};
    }
    return {(seen & ~turn) == doomed ? Duty::destroy_frame : Duty::destroy_all, (seen & turn) != 0};
  }
  /// After a frame that was doomed is destroyed. \return whether what holds this word must go too.
  [[nodiscard]] bool frame_destroyed() noexcept {
    return (word_.exchange(destroyed, std::memory_order_acq_rel) & ~turn) == orphaned;
  }

  enum class Destroy : std::uint8_t { now, later, before };
  /// \return now: the caller destroys the frame. later: it runs, and whoever resumed it does. before: somebody has, or will.
  [[nodiscard]] Destroy destroy() noexcept {
    std::uint32_t seen = word_.load(std::memory_order_relaxed);
    for (;;) {
      const bool runs = (seen & ~turn) == running;
      if (seen != idle && seen != finished && !runs) return Destroy::before;
      const std::uint32_t wanted = runs ? doomed | (seen & turn) : destroyed;
      // acq_rel: whoever destroys the frame sees what was done with it, here and there.
      if (word_.compare_exchange_weak(seen, wanted, std::memory_order_acq_rel, std::memory_order_relaxed))
        return runs ? Destroy::later : Destroy::now;
    }
  }

  enum class Leave : std::uint8_t { frame_and_word, word, nothing };
  /// The owner goes. \return what it must destroy; nothing: it runs, and whoever resumed it destroys both.
  [[nodiscard]] Leave leave() noexcept {
    std::uint32_t seen = word_.load(std::memory_order_acquire);
    for (;;) {
      if (seen == destroyed) return Leave::word;
      const bool rests = seen == idle || seen == finished;
      if (word_.compare_exchange_weak(seen, rests ? destroyed : orphaned | (seen & turn), std::memory_order_acq_rel,
                                      std::memory_order_acquire))
        return rests ? Leave::frame_and_word : Leave::nothing;
    }
  }

  /// A moment's view.
  [[nodiscard]] bool is_finished() const noexcept { return word_.load(std::memory_order_acquire) == finished; }
  [[nodiscard]] bool is_destroyed() const noexcept {
    const std::uint32_t phase =
        word_.load(std::memory_order_relaxed) & ~turn; // behind it nothing of the frame is touched
    return phase == destroyed || phase == doomed || phase == orphaned;
  }

 private:
  static constexpr std::uint32_t idle = 0, running = 1, doomed = 2, orphaned = 3, finished = 4, destroyed = 5;
  static constexpr std::uint32_t turn = 8; // beside one of the others, while it runs

  typename Atomics::template Atomic<std::uint32_t> word_{idle};
};
using FrameState = BasicFrameState<>;

} // namespace flowcoro::detail
