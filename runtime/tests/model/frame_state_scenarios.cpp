#include "flowcoro/coro/detail/frame_state.hpp"

#include "flowcoro/coro/detail/queue_permit.hpp"
#include "model/atomics.hpp"
#include "model/scenarios.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <optional>

/// A frame runs on one thread at a time, which sees what those before did in it, and is destroyed once, when it does not run. Who asks
/// for a turn of it is followed by one that sees what was done before.
namespace flowcoro::model {
namespace {

using State = detail::BasicFrameState<ModelAtomics>;

struct Frame {
  Plain<int> steps{0};
};

/// What a FrameOwner has.
class OwnedFrame {
 public:
  void resume(bool to_its_end = false) {
    State& state = state_.value();
    if (state.begin_resume() != State::Begin::resume) return;
    check(frame_.has_value(), "a frame that was destroyed is resumed");
    frame_->steps = frame_->steps + 1;
    runs_.store(true, std::memory_order_relaxed);
    end_resume(to_its_end);
  }
  void destroy() {
    if (state_->destroy() == State::Destroy::now) destroy_frame();
  }
  /// Nobody may begin to resume it any more.
  void leave() {
    switch (state_->leave()) {
      case State::Leave::frame_and_word: destroy_frame(); [[fallthrough]];
      case State::Leave::word: state_.reset(); break;
      case State::Leave::nothing: break;
    }
  }
  void wait_until_it_runs() {
    ModelAtomics::SpinWait wait;
    while (!runs_.load(std::memory_order_relaxed)) wait.once();
  }
  void look() {
    if (state_->is_finished()) check(frame_->steps != 0, "it has finished, and what it did is not visible");
  }

  void expect_gone() const {
    check(!frame_.has_value(), "the frame outlives its owner");
    check(!state_.has_value(), "the word outlives its owner");
  }
  [[nodiscard]] int steps() const { return frame_->steps; }

 private:
  void end_resume(bool to_its_end) {
    switch (state_->end_resume(to_its_end).duty) {
      case State::Duty::none: return;
      case State::Duty::destroy_frame:
        destroy_frame();
        if (!state_->frame_destroyed()) return;
        break;
      case State::Duty::destroy_all: destroy_frame(); break;
    }
    state_.reset();
  }
  void destroy_frame() {
    check(frame_.has_value(), "a frame is destroyed twice");
    frame_.reset();
  }

  std::optional<Frame> frame_{std::in_place};
  std::optional<State> state_{std::in_place};
  Atomic<bool> runs_{false};
};

/// What a SharedFrame has; a turn comes on the thread that queued it.
class QueuedFrame {
 public:
  void ask(std::size_t who) {
    asked_[who].store(1, std::memory_order_relaxed);
    if (!permit_.take()) return;
    home_ = static_cast<int>(who);
    turn();
  }
  void resume() {
    if (state_.begin_resume() == State::Begin::resume) run();
  }
  void destroy() {
    if (state_.destroy() == State::Destroy::now) gone_ = true;
  }

  void expect_seen() const {
    for (const Plain<int>& seen : seen_) check(seen == 1, "no turn came after the asking");
  }
  void expect_destroyed() const { check(gone_, "it was not destroyed"); }

 private:
  void turn() {
    const State::Turn turn = state_.begin_turn();
    if (turn == State::Turn::waits) return;
    permit_.give_back();
    if (turn == State::Turn::resume) run();
  }
  void run() {
    check(!gone_, "a frame that was destroyed is resumed");
    for (std::size_t who = 0; who < asked_.size(); ++who) seen_[who] = asked_[who].load(std::memory_order_relaxed);
    const State::End end = state_.end_resume(false);
    if (end.duty == State::Duty::destroy_frame) {
      gone_ = true;
      check(!state_.frame_destroyed(), "it was left, and has no owner");
    }
    if (!end.turn) return;
    check(home_ >= 0, "a turn has no home");
    turn();
  }

  State state_;
  detail::BasicQueuePermit<ModelAtomics> permit_;
  std::array<Atomic<int>, 2> asked_;
  std::array<Plain<int>, 2> seen_;
  Plain<int> home_{-1}; // whose is the permit's
  Plain<bool> gone_{false};
};

} // namespace

std::vector<Scenario> frame_state_scenarios() {
  return {
      {.name = "FrameIsResumedByTwoThreads",
       .bounds = {.preemptions = 4},
       .program =
           [](Threads& threads) {
             OwnedFrame frame;
             for (int i = 0; i < 2; ++i) threads.start([&] { frame.resume(); });
             threads.join();
             check(frame.steps() != 0, "nobody has resumed it");
             frame.leave();
             frame.expect_gone();
           }},
      {.name = "FrameIsDestroyedWhileItRuns",
       .bounds = {.preemptions = 4},
       .program =
           [](Threads& threads) {
             OwnedFrame frame;
             threads.start([&] { frame.resume(); });
             threads.start([&] { frame.destroy(); });
             threads.join();
             frame.leave();
             frame.expect_gone();
           }},
      {.name = "FrameIsDestroyedByTwoThreadsAfterItsEnd",
       .bounds = {.preemptions = 3},
       .program =
           [](Threads& threads) {
             OwnedFrame frame;
             threads.start([&] { frame.resume(true); });
             for (int i = 0; i < 2; ++i) threads.start([&] { frame.destroy(); });
             threads.join();
             frame.leave();
             frame.expect_gone();
           }},
      {.name = "OwnerLeavesWhileTheFrameRuns",
       .bounds = {.preemptions = 4},
       .program =
           [](Threads& threads) {
             OwnedFrame frame;
             threads.start([&] { frame.resume(); });
             threads.start([&] {
               frame.wait_until_it_runs();
               frame.leave();
             });
             threads.join();
             frame.expect_gone();
           }},
      {.name = "OwnerDestroysTheFrameAndLeavesWhileItRuns",
       .bounds = {.preemptions = 4},
       .program =
           [](Threads& threads) {
             OwnedFrame frame;
             threads.start([&] { frame.resume(true); });
             threads.start([&] {
               frame.wait_until_it_runs();
               frame.destroy();
               frame.leave();
             });
             threads.join();
             frame.expect_gone();
           }},
      {.name = "FrameEndsWhileSomebodyLooks",
       .bounds = {.preemptions = 4},
       .program =
           [](Threads& threads) {
             OwnedFrame frame;
             threads.start([&] { frame.resume(true); });
             threads.start([&] { frame.look(); });
             threads.join();
             frame.leave();
             frame.expect_gone();
           }},
      {.name = "TurnsComeWhileTheFrameRuns",
       .program =
           [](Threads& threads) {
             QueuedFrame frame;
             threads.start([&] { frame.resume(); });
             for (std::size_t who = 0; who < 2; ++who) threads.start([&frame, who] { frame.ask(who); });
             threads.join();
             frame.expect_seen();
           }},
      {.name = "FrameIsDestroyedWhileATurnWaits",
       .program =
           [](Threads& threads) {
             QueuedFrame frame;
             threads.start([&] { frame.resume(); });
             threads.start([&] { frame.ask(0); });
             threads.start([&] { frame.destroy(); });
             threads.join();
             frame.expect_destroyed();
           }},
  };
}

} // namespace flowcoro::model
