#include "flowcoro/coro/shared_frame.hpp"

#include "flowcoro/coro/home_frame.hpp"

namespace flowcoro::detail {

/// Around a run: a turn that has waited for its end goes back into its queue, also when an exception leaves the coroutine.
class SharedFrameBlock::PassTurnOn {
 public:
  explicit PassTurnOn(SharedFrameBlock& block) noexcept : block_{block} {}
  PassTurnOn(const PassTurnOn&) = delete;
  PassTurnOn& operator=(const PassTurnOn&) = delete;
  ~PassTurnOn() {
    if (turn) static_cast<void>(block_.post_turn());
  }
  bool turn = false;

 private:
  SharedFrameBlock& block_;
};

SharedFrameBlock::SharedFrameBlock(std::coroutine_handle<> owned)
    : ResumableFunction{&turn_has_come}, frame_{new OwnedFrame{owned}} {
  node_.handle = as_handle();
}

SharedFrameBlock::~SharedFrameBlock() {
  // Whoever resumes has a share, so it does not run.
  static_cast<void>(frame_->destroy());
  delete frame_;
}

Resumed SharedFrameBlock::resume() {
  PassTurnOn pass_on{*this};
  return frame_->resume(pass_on.turn);
}

SharedFrameBlock::Posted SharedFrameBlock::post_to(Scheduler& scheduler) noexcept {
  if (!permit_.take()) return Posted::pending;
  scheduler_ = &scheduler;
  keep();
  return post_turn();
}

SharedFrameBlock::Posted SharedFrameBlock::post_to(const std::shared_ptr<ThreadInbox>& inbox) noexcept {
  if (!permit_.take()) return Posted::pending;
  scheduler_ = nullptr;
  if (inbox_ != inbox) inbox_ = inbox;
  keep();
  return post_turn();
}

SharedFrameBlock::Posted SharedFrameBlock::post_turn() noexcept {
  if (scheduler_ != nullptr) {
    scheduler_->post(node_);
    return Posted::now;
  }
  if (detail::post_to(*inbox_, node_)) return Posted::now;
  permit_.give_back();
  let_go();
  return Posted::no_home;
}

void SharedFrameBlock::turn_has_come(void* where) noexcept {
  auto& block = static_cast<SharedFrameBlock&>(ResumableFunction::of(where));
  const FrameState::Turn turn = block.frame_->state.begin_turn();
  if (turn == FrameState::Turn::waits) return; // the permit and the share are with whoever runs it
  block.permit_.give_back();
  if (turn == FrameState::Turn::resume) {
    PassTurnOn pass_on{block};
    static_cast<void>(block.frame_->run(pass_on.turn));
  }
  block.let_go();
}

} // namespace flowcoro::detail
