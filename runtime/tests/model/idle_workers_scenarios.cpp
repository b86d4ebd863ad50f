#include "flowcoro/park/idle_workers.hpp"

#include "flowcoro/park/parker.hpp"
#include "flowcoro/queue/inject_queue.hpp"
#include "flowcoro/queue/local_queue.hpp"
#include "model/atomics.hpp"
#include "model/scenarios.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <vector>

/// The invariants at the head of src/sched/worker.cpp. The queues, the parkers and IdleWorkers are the real ones; what the
/// scheduler does with them is transcribed from worker.cpp and runtime_core.cpp, without timers, guests and clocks.
/// transcription_test.cpp compares the two.
namespace flowcoro::model {
namespace {

using Idle = BasicIdleWorkers<ModelAtomics>;
using ModelParker = BasicParker<ModelAtomics>;

constexpr SteadyTime some_deadline{std::chrono::seconds{1}};

struct Job : BasicInjectNode<ModelAtomics> {
  Plain<int> written{0}; // by who injects it
  bool injected = false;
  bool begun = false;
  std::size_t taken_by = Idle::none;
  Job* waits_for = nullptr; // keeps its worker until that one has begun
};

class Workers {
 public:
  explicit Workers(std::size_t count) : idle_{count} {
    for (std::size_t i = 0; i < count; ++i) seats_.push_back(std::make_unique<Seat>());
  }

  /// RuntimeCore::post_elsewhere()
  void inject(Job& job) {
    job.written = 1;
    job.injected = true;
    injected_.push(job);
    wake_for_injected();
  }

  void run(std::size_t me, bool searching) {
    while (stop_.load(std::memory_order_acquire) == 0) {
      Job* job = seats_[me]->queue.pop();
      if (job == nullptr) {
        if (!searching) {
          searching = true;
          idle_.begin_search();
        }
        job = search(me);
      }
      if (job == nullptr) {
        park(me, searching);
        continue;
      }
      if (searching) {
        searching = false;
        if (idle_.end_search() && somebody_needed()) wake_one();
      }
      begin(*job, me);
    }
    if (searching && idle_.end_search() && somebody_needed()) wake_one();
  }

  /// Worker::run_thread()
  void run_thread(std::size_t me) {
    seats_[me]->placement = 0;
    run(me, false);
  }

  /// As if worker `me` had parked before.
  void announce_parked(std::size_t me) { idle_.announce_parked(me); }
  void run_when_woken(std::size_t me) {
    sleep(*seats_[me]);
    run(me, true);
  }

  void leave_seat_to_thread(std::size_t me) {
    idle_.announce_parked(me);
    const bool needed = work_in_sight() || stop_.load(std::memory_order_seq_cst) != 0;
    if (!needed || !idle_.claim(me)) return;
    idle_.begin_search();
    seats_[me]->parker.unpark();
  }

  // As if a worker had found a job: what it does then, while it holds the job, which keeps it until `other` has begun.
  void begin_search() { idle_.begin_search(); }
  void end_search_with_a_job(const Job& other) {
    if (idle_.end_search() && somebody_needed()) wake_one();
    while (!other.begun) yield();
  }

  void expect_all_parked() const {
    check(idle_.parked() == seats_.size(), "a sleeping worker is not announced");
    check(idle_.searching() == 0, "somebody who sleeps is counted as searching");
  }

  void stop_workers() {
    stop_.store(1, std::memory_order_seq_cst);
    for (std::size_t i = 0; i < seats_.size(); ++i) wake(i);
  }

 private:
  struct Seat {
    LocalQueue<Job*, ModelAtomics> queue{2};
    ModelParker parker;
    Plain<int> placement{0}; // of who has claimed the seat, until its thread is awake
  };

  void unpark(std::size_t i) {
    seats_[i]->placement = 1;
    seats_[i]->parker.unpark();
  }
  static void sleep(Seat& seat) {
    seat.parker.park();
    seat.placement = 0;
  }

  void begin(Job& job, std::size_t me) {
    check(!job.begun, "a job begins twice");
    job.begun = true;
    check(job.written == 1, "a job's content is not visible");
    if (job.waits_for == nullptr) return;
    // A single item is left to its owner, however long that takes: invariant T. Two are worth a steal here.
    while (!job.waits_for->begun && (job.waits_for->taken_by != me || seats_[me]->queue.size() > 1)) yield();
  }

  /// Worker::search(), one pass
  Job* search(std::size_t me) {
    if (Job* job = take_injected(me)) return job;
    for (std::size_t i = 0; i < seats_.size(); ++i)
      if (i != me && seats_[i]->queue.size() > 1)
        if (Job* job = seats_[i]->queue.steal_half(seats_[me]->queue)) return job;
    return nullptr;
  }

  /// Worker::take_injected()
  Job* take_injected(std::size_t me) {
    Job* first = nullptr;
    for (auto *node = injected_.take_all(), *next = node; node != nullptr; node = next) {
      next = node->next_injected;
      auto* job = static_cast<Job*>(node);
      job->taken_by = me;
      if (first == nullptr)
        first = job;
      else
        check(seats_[me]->queue.push(job) != 0, "a push is refused");
    }
    return first;
  }

  void park(std::size_t me, bool& searching) {
    idle_.announce_parked(me);
    if (searching) static_cast<void>(idle_.end_search());
    searching = false;
    if ((work_in_sight() || stop_.load(std::memory_order_seq_cst) != 0) && idle_.claim(me)) return;
    sleep(*seats_[me]);
    searching = true; // the claimer counted
  }

  [[nodiscard]] bool work_in_sight() const {
    if (!injected_.empty()) return true;
    for (const auto& seat : seats_)
      if (seat->queue.size() > 1) return true;
    return false;
  }

  /// Without the question for a timekeeper, which is another scenario's.
  [[nodiscard]] bool somebody_needed() const { return work_in_sight(); }

  void wake_for_injected() {
    if (idle_.wake_needed()) wake_one();
  }
  void wake_one() {
    const std::size_t worker = idle_.claim_any();
    if (worker != Idle::none) unpark_claimed(worker);
  }
  void wake(std::size_t i) {
    if (idle_.claim(i)) unpark_claimed(i);
  }
  void unpark_claimed(std::size_t i) {
    idle_.begin_search();
    unpark(i);
  }

  Idle idle_;
  BasicInjectQueue<ModelAtomics> injected_;
  std::vector<std::unique_ptr<Seat>> seats_;
  Atomic<std::uint32_t> stop_{0};
};

/// Invariant W: nobody sleeps over a job.
void inject_while_workers_park(Threads& threads, std::size_t count, std::size_t producers, std::size_t jobs_each,
                               bool first_waits_for_second = false) {
  std::array<Job, 4> jobs;
  if (first_waits_for_second) jobs[0].waits_for = &jobs[1];
  Workers workers{count};
  for (std::size_t i = 0; i < count; ++i) threads.serve([&workers, i] { workers.run_thread(i); });
  for (std::size_t p = 0; p < producers; ++p)
    threads.start([&, p] {
      for (std::size_t i = 0; i < jobs_each; ++i) workers.inject(jobs[p * jobs_each + i]);
    });
  threads.join();
  for (const Job& job : jobs) check(job.injected == job.begun, "everybody sleeps, and a job waits");
  workers.expect_all_parked();
  workers.stop_workers();
  threads.join_servers();
}

/// The same with a guest at seat 0, who leaves meanwhile.
void inject_while_a_guest_leaves(Threads& threads, std::size_t count, std::size_t injected,
                                 bool first_waits_for_second) {
  std::array<Job, 2> jobs;
  if (first_waits_for_second) jobs[0].waits_for = &jobs[1];
  Workers workers{count};
  for (std::size_t i = 1; i < count; ++i) workers.announce_parked(i);
  for (std::size_t i = 0; i < count; ++i) threads.serve([&workers, i] { workers.run_when_woken(i); });
  threads.start([&] { workers.leave_seat_to_thread(0); });
  threads.start([&] {
    for (std::size_t i = 0; i < injected; ++i) workers.inject(jobs[i]);
  });
  threads.join();
  for (const Job& job : jobs) check(job.injected == job.begun, "everybody sleeps, and a job waits");
  workers.expect_all_parked();
  workers.stop_workers();
  threads.join_servers();
}

/// Invariant T: the timekeeper sleeps without a limit only if nobody runs, or if somebody is woken.
class Timekeeping {
 public:
  Timekeeping() {
    idle_.announce_parked(sleeper);
    idle_.announce_parked(runner);
    // As if the runner had been running until a moment ago.
    watching_.store(true, std::memory_order_seq_cst);
    timekeeper_.store(keeper, std::memory_order_seq_cst);
  }

  void keep_time() {
    resign_as_timekeeper();
    // Worker::park()
    idle_.announce_parked(keeper);
    const SteadyTime until = become_timekeeper();
    if (parkers_[keeper].park_until(until) == ParkResult::timed_out) {
      // Worker::return_to_seat()
      if (!idle_.claim(keeper))
        parkers_[keeper].park();
      else
        idle_.begin_search();
    }
    static_cast<void>(idle_.end_search());
    somebody_is_awake_ = true;
  }

  void run_for_long() {
    // Its own wait has timed out: Worker::return_to_seat()
    check(idle_.claim(runner), "somebody else claimed the seat");
    idle_.begin_search();
    static_cast<void>(idle_.end_search());
    wake_for_local();
    while (!somebody_is_awake_) yield();
  }

  void let_keeper_go() { parkers_[keeper].unpark(); }

 private:
  static constexpr std::size_t keeper = 0;
  static constexpr std::size_t runner = 1;
  static constexpr std::size_t sleeper = 2;

  void resign_as_timekeeper() {
    watching_.store(false, std::memory_order_seq_cst);
    timekeeper_.store(Idle::none, std::memory_order_seq_cst);
  }

  SteadyTime become_timekeeper() {
    std::size_t none = Idle::none;
    if (!timekeeper_.compare_exchange_strong(none, keeper, std::memory_order_seq_cst)) return no_deadline;
    bool watch = somebody_runs();
    watching_.store(watch, std::memory_order_seq_cst);
    if (!watch && somebody_runs()) {
      watch = true;
      watching_.store(true, std::memory_order_seq_cst);
    }
    return watch ? some_deadline : no_deadline;
  }

  [[nodiscard]] bool somebody_runs() const { return idle_.parked_now() < 3; }

  void wake_for_local() {
    if (idle_.wake_needed()) share_local();
  }
  void share_local() {
    constexpr bool worth_a_wake = false;
    if (worth_a_wake) return wake_one();
    if (watching_.load(std::memory_order_seq_cst)) return;
    const std::size_t worker = timekeeper_.load(std::memory_order_seq_cst);
    if (worker != Idle::none)
      wake(worker);
    else
      wake_one();
  }
  void wake_one() {
    const std::size_t worker = idle_.claim_any(timekeeper_.load(std::memory_order_relaxed));
    if (worker != Idle::none) unpark_claimed(worker);
  }
  void wake(std::size_t worker) {
    if (idle_.claim(worker)) unpark_claimed(worker);
  }
  void unpark_claimed(std::size_t worker) {
    idle_.begin_search();
    unpark(worker);
  }
  void unpark(std::size_t worker) {
    if (worker == sleeper)
      somebody_is_awake_ = true;
    else
      parkers_[worker].unpark();
  }

  Idle idle_{3};
  std::array<ModelParker, 2> parkers_;
  Atomic<std::size_t> timekeeper_{Idle::none};
  Atomic<bool> watching_{false};
  bool somebody_is_awake_ = false;
};

} // namespace

std::vector<Scenario> idle_workers_scenarios() {
  return {
      {.name = "AWorkerParksWhileJobsAreInjected",
       .bounds = {.preemptions = 3, .stale = 2},
       .program = [](Threads& threads) { inject_while_workers_park(threads, 1, 1, 2); }},
      {.name = "AWorkerParksWhileTwoProducersInject",
       .bounds = {.stale = 2},
       .program = [](Threads& threads) { inject_while_workers_park(threads, 1, 2, 1); }},
      {.name = "TwoWorkersParkWhileAJobIsInjected",
       .program = [](Threads& threads) { inject_while_workers_park(threads, 2, 1, 1); },
       .large = true},
      // A producer wakes nobody while somebody searches, so who stops searching with a job in hand has to.
      {.name = "AJobNeedsTheWorkerThatIsStillAsleep",
       .bounds = {.stale = 1},
       .program = [](Threads& threads) { inject_while_workers_park(threads, 2, 1, 2, true); },
       .large = true},
      {.name = "LootOfABusyWorkerIsTaken",
       .bounds = {.preemptions = 1, .stale = 2},
       .program = [](Threads& threads) { inject_while_workers_park(threads, 2, 1, 3, true); }},
      {.name = "AGuestLeavesItsSeatWhileAJobIsInjected",
       .bounds = {.preemptions = 3},
       .program = [](Threads& threads) { inject_while_a_guest_leaves(threads, 1, 1, false); }},
      {.name = "AJobNeedsTheSeatThatAGuestLeaves",
       .bounds = {.stale = 0},
       .program = [](Threads& threads) { inject_while_a_guest_leaves(threads, 2, 2, true); },
       .large = true},
      {.name = "TheLastSearcherWakesTheSeatThatAGuestLeaves",
       .bounds = {.stale = 1},
       .program =
           [](Threads& threads) {
             std::array<Job, 1> jobs;
             Workers workers{2};
             workers.begin_search();
             threads.serve([&] { workers.run_when_woken(0); });
             threads.start([&] { workers.leave_seat_to_thread(0); });
             threads.start([&] { workers.inject(jobs[0]); });
             threads.start([&] { workers.end_search_with_a_job(jobs[0]); });
             threads.join();
             workers.stop_workers();
             threads.join_servers();
           },
       .large = true},
      {.name = "WorkersParkWhileTheyAreStopped",
       .program =
           [](Threads& threads) {
             Workers workers{2};
             for (std::size_t i = 0; i < 2; ++i) threads.start([&workers, i] { workers.run_thread(i); });
             threads.start([&] { workers.stop_workers(); });
             threads.join();
           }},
      {.name = "TimekeeperParksWhileAnotherBeginsToRun",
       .bounds = {.preemptions = 3},
       .program =
           [](Threads& threads) {
             Timekeeping timekeeping;
             threads.serve([&] { timekeeping.keep_time(); });
             threads.start([&] { timekeeping.run_for_long(); });
             threads.join();
             timekeeping.let_keeper_go();
             threads.join_servers();
           }},
      {.name = "AParkedWorkerIsNeverOverlooked",
       .program =
           [](Threads& threads) {
             Idle idle{2};
             idle.announce_parked(1);
             threads.start([&] { idle.announce_parked(0); });
             threads.start([&] {
               if (idle.claim_any(1) == 0) check(idle.wake_needed(), "nobody is counted, and somebody is parked");
             });
             threads.join();
           }},
      {.name = "AParkedWorkerIsClaimedByOne",
       .program =
           [](Threads& threads) {
             Idle idle{2};
             idle.announce_parked(0);
             std::size_t claims = 0;
             threads.start([&] { claims += idle.claim(0) ? 1U : 0U; });
             threads.start([&] { claims += idle.claim_any() != Idle::none ? 1U : 0U; });
             threads.start([&] {
               idle.announce_parked(1);
               claims += idle.claim_any(0) != Idle::none ? 1U : 0U;
             });
             threads.join();
             check(claims + idle.parked() == 2, "a claim is lost or given twice");
             while (idle.claim_any() != Idle::none) ++claims;
             check(claims == 2 && idle.parked() == 0, "the count differs from the bits");
           }},
  };
}

} // namespace flowcoro::model
