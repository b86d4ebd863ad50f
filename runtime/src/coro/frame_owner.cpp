#include "flowcoro/coro/frame_owner.hpp"

namespace flowcoro::detail {

Resumed OwnedFrame::resume(bool& turn) {
  switch (state.begin_resume()) {
    case FrameState::Begin::busy: return Resumed::busy;
    case FrameState::Begin::finished: return Resumed::finished;
    case FrameState::Begin::destroyed: return Resumed::destroyed;
    case FrameState::Begin::resume: break;
  }
  return run(turn);
}

Resumed OwnedFrame::run(bool& turn) {
  Resumed result = Resumed::finished;
  // Also when an exception leaves the coroutine, which has finished then.
  struct End {
    OwnedFrame& frame;
    Resumed& result;
    bool& turn;
    ~End() {
      const bool finished = frame.handle.done();
      result = finished ? Resumed::finished : Resumed::suspended;
      const FrameState::End end = frame.state.end_resume(finished);
      turn = end.turn;
      switch (end.duty) {
        case FrameState::Duty::none: return;
        case FrameState::Duty::destroy_frame:
          frame.handle.destroy();
          if (!frame.state.frame_destroyed()) return;
          break;
        case FrameState::Duty::destroy_all: frame.handle.destroy(); break;
      }
      delete &frame;
    }
  };
  {
    const End end{*this, result, turn};
    if (!handle.done()) handle.resume();
  }
  return result;
}

Destroyed OwnedFrame::destroy() noexcept {
  switch (state.destroy()) {
    case FrameState::Destroy::now: handle.destroy(); return Destroyed::now;
    case FrameState::Destroy::later: return Destroyed::later;
    case FrameState::Destroy::before: break;
  }
  return Destroyed::before;
}

} // namespace flowcoro::detail
