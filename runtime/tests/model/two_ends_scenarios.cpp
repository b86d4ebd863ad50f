#include "flowcoro/async/detail/two_ends.hpp"

#include "flowcoro/park/spin_lock.hpp"
#include "model/atomics.hpp"
#include "model/scenarios.hpp"

#include <cstdint>
#include <optional>

/// with_timeout: a child ends and a timer fires. Its awaiter goes on once, sees what both left, and may then be destroyed.
namespace flowcoro::model {
namespace {

/// What the timer queue knows of a timer, under its lock.
class Timer {
 public:
  [[nodiscard]] bool take_due() { return leave(State::fired); }
  [[nodiscard]] bool cancel() { return leave(State::cancelled); }

 private:
  enum class State : std::uint8_t { armed, fired, cancelled };

  [[nodiscard]] bool leave(State next) {
    lock_.lock();
    const bool was_armed = state_ == State::armed;
    if (was_armed) state_ = next;
    lock_.unlock();
    return was_armed;
  }

  BasicSpinLock<ModelAtomics> lock_;
  Plain<State> state_{State::armed};
};

/// In the frame of the coroutine that waits.
struct Awaiter {
  detail::BasicTwoEnds<ModelAtomics> ends;
  Plain<bool> timed_out{false};
  Plain<int> result{0};
};

class Timeout {
 public:
  Timeout() { awaiter_->ends.expect(); }

  void fire() {
    if (!timer_.take_due()) return;
    awaiter_->timed_out = true;
    if (awaiter_->ends.is_second()) go_on(true);
  }
  void end_child() {
    awaiter_->result = 7;
    const bool no_timer = timer_.cancel();
    if (no_timer || awaiter_->ends.is_second()) go_on(!no_timer);
  }
  void expect_end() const { check(went_on_ == 1 && !awaiter_.has_value(), "the awaiter is left waiting"); }

 private:
  void go_on(bool timer_fired) {
    check(awaiter_.has_value(), "the awaiter goes on twice");
    check(awaiter_->result == 7, "the result is not visible");
    check(awaiter_->timed_out == timer_fired, "what the timer left is not visible");
    awaiter_.reset();
    ++went_on_;
  }

  Timer timer_; // the scheduler's, and so not in the frame
  std::optional<Awaiter> awaiter_{std::in_place};
  int went_on_ = 0;
};

} // namespace

std::vector<Scenario> two_ends_scenarios() {
  return {
      {.name = "ChildEndsWhileItsTimerFires",
       .bounds = {.preemptions = 4},
       .program =
           [](Threads& threads) {
             Timeout timeout;
             threads.start([&] { timeout.fire(); });
             threads.start([&] { timeout.end_child(); });
             threads.join();
             timeout.expect_end();
           }},
  };
}

} // namespace flowcoro::model
