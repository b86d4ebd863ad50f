// A sleeping thread per task. Starting N threads takes longer than the sleep, so they stop at a gate until the last one
// is there: only then does each sleep its full time. A task counts as in flight from the gate on.

#include <latch>
#include <string>
#include <thread>
#include <vector>

#include "flowbench_kit/answers.hpp"
#include "flowbench_kit/in_flight.hpp"
#include "flowbench_kit/mix.hpp"
#include "flowbench_kit/shape.hpp"
#include "task_threads.hpp"

namespace std_thread {
namespace {

class Sleepers {
 public:
  explicit Sleepers(const Phase& phase)
      : phase_(phase), gate_(static_cast<std::ptrdiff_t>(phase.tasks)), results_(phase.tasks) {
    threads_.reserve(phase.tasks);
  }

  /// \return false when the OS refuses one more thread; all are asked to end then, without sleep.
  bool start_all() {
    while (threads_.size() < phase_.tasks) {
      std::optional<std::jthread> thread = try_start([this, i = threads_.size()] { sleep_once(i); });
      if (!thread) {
        limit_ = nearest_thread_limit().text;
        abandoned_ = true; // the latch publishes it
        gate_.count_down(static_cast<std::ptrdiff_t>(phase_.tasks - threads_.size()));
        return false;
      }
      threads_.push_back(*std::move(thread));
    }
    return true;
  }

  std::uint64_t join_all() {
    for (std::jthread& thread : threads_) {
      thread.join();
    }
    return threads_.size();
  }

  [[nodiscard]] const std::string& limit() const noexcept { return limit_; }
  [[nodiscard]] std::uint64_t sum() const noexcept { return flowbench::wrapping_sum(results_); }
  [[nodiscard]] std::uint64_t max_in_flight() const noexcept { return in_flight_.max(); }

 private:
  void sleep_once(std::uint64_t i) {
    in_flight_.enter();
    gate_.arrive_and_wait();
    if (abandoned_) {
      return;
    }
    const auto due = flowbench::Lateness::Clock::now() + flowbench::sleep_time(phase_.tasks);
    std::this_thread::sleep_until(due);
    phase_.lateness.record(due);
    in_flight_.leave();
    results_[i] = flowbench::mix(phase_.seed + i);
  }

  const Phase& phase_;
  std::latch gate_;
  bool abandoned_ = false;
  flowbench::InFlight in_flight_;
  std::vector<std::uint64_t> results_;
  std::string limit_;
  std::vector<std::jthread> threads_; // last: joined before what the threads use is destroyed
};

Outcome run(Runtime&, const Phase& phase) {
  Sleepers sleepers(phase);
  const bool all_started = sleepers.start_all();
  const std::uint64_t joined = sleepers.join_all();
  if (!all_started) {
    return Unsupported{.reason = "all tasks must be asleep at once, and the OS allows no more than " +
                                 std::to_string(joined) + " threads (" + sleepers.limit() + ")",
                       .limit = sleepers.limit(),
                       .largest = joined};
  }
  return Finished{.completed = joined, .answer = sleepers.sum(), .max_in_flight = sleepers.max_in_flight()};
}

const flowbench::Register workload{"sleep", run};

} // namespace
} // namespace std_thread
