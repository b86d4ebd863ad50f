#include "flowcoro/coro/detail/task_handshake.hpp"

#include "flowcoro/coro/detail/promise.hpp"
#include "model/atomics.hpp"
#include "model/scenarios.hpp"

#include <optional>

/// The result of a task reaches whoever awaits it, once, and its frame is destroyed once, when nobody uses it any more.
namespace flowcoro::model {
namespace {

using Handshake = detail::BasicTaskHandshake<ModelAtomics>;

struct Frame {
  Handshake handshake;
  Plain<int> result{0};
};

/// Its thread calls end(), the owner one of the others.
class Task {
 public:
  void end() {
    frame_->result = 1;
    const auto [owner, continuation] = frame_->handshake.end();
    switch (owner) {
      case Handshake::Owner::holds_it: break;
      case Handshake::Owner::awaits_it: static_cast<Awaiter*>(continuation)->go_on(); break;
      case Handshake::Owner::has_left: destroy();
    }
  }

  void await() {
    awaiter_.task = this;
    awaiter_.waits = true;
    if (!frame_->handshake.try_await(awaiter_)) take();
  }
  /// It has not started.
  void await_unshared() {
    awaiter_.task = this;
    awaiter_.waits = true;
    frame_->handshake.await_unshared(awaiter_);
  }
  void poll() {
    if (frame_->handshake.done()) take();
  }
  void drop() {
    if (frame_->handshake.detach()) destroy();
  }
  /// While nothing ends it.
  void look() {
    if (const detail::Continuation* continuation = frame_->handshake.continuation())
      check(static_cast<const Awaiter*>(continuation)->waits, "who looks does not see who awaits");
  }
  void expect(int taken, bool destroyed) const {
    check(taken_ == taken, "the result is lost, or taken twice");
    check(!frame_.has_value() == destroyed, "the frame outlives its task");
  }

 private:
  /// In the frame of the one that awaits.
  struct Awaiter : detail::Continuation {
    Plain<Task*> task{nullptr};
    Plain<bool> waits{false};
    void go_on() {
      check(waits, "a coroutine is resumed that does not wait");
      waits = false;
      task->take();
    }
  };

  void take() {
    check(frame_->result == 1, "the result is not visible");
    ++taken_;
    destroy();
  }
  void destroy() {
    check(frame_.has_value(), "a frame is destroyed twice");
    frame_.reset();
  }

  std::optional<Frame> frame_{std::in_place};
  Awaiter awaiter_;
  int taken_ = 0;
};

} // namespace

std::vector<Scenario> task_handshake_scenarios() {
  return {
      {.name = "TaskEndsWhileItIsAwaited",
       .bounds = {.preemptions = 4},
       .program =
           [](Threads& threads) {
             Task task;
             threads.start([&] { task.end(); });
             threads.start([&] { task.await(); });
             threads.join();
             task.expect(1, true);
           }},
      {.name = "TaskEndsWhileItIsDropped",
       .bounds = {.preemptions = 4},
       .program =
           [](Threads& threads) {
             Task task;
             threads.start([&] { task.end(); });
             threads.start([&] { task.drop(); });
             threads.join();
             task.expect(0, true);
           }},
      {.name = "TaskEndsWhileItsOwnerLooks",
       .bounds = {.preemptions = 4},
       .program =
           [](Threads& threads) {
             Task task;
             threads.start([&] { task.end(); });
             threads.start([&] { task.poll(); });
             threads.join();
           }},
      {.name = "SomebodyLooksWhoAwaitsATask",
       .bounds = {.preemptions = 4},
       .program =
           [](Threads& threads) {
             Task task;
             threads.start([&] { task.await(); });
             threads.start([&] { task.look(); });
             threads.join();
             task.end();
             task.expect(1, true);
           }},
      {.name = "SomebodyLooksWhoAwaitsATaskBeforeItStarts",
       .bounds = {.preemptions = 4},
       .program =
           [](Threads& threads) {
             Task task;
             threads.start([&] { task.await_unshared(); });
             threads.start([&] { task.look(); });
             threads.join();
             task.end();
             task.expect(1, true);
           }},
  };
}

} // namespace flowcoro::model
