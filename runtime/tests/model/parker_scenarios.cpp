#include "flowcoro/park/parker.hpp"

#include "model/atomics.hpp"
#include "model/scenarios.hpp"

#include <atomic>
#include <chrono>

/// A permit is never lost, and what was written before it was given is visible to who takes it.
namespace flowcoro::model {
namespace {

using ModelParker = BasicParker<ModelAtomics>;

constexpr SteadyTime some_deadline{std::chrono::seconds{1}};

} // namespace

std::vector<Scenario> parker_scenarios() {
  return {
      {.name = "PermitComesBeforeOrDuringPark",
       .bounds = {.preemptions = 3, .spurious = 2},
       .program =
           [](Threads& threads) {
             ModelParker parker;
             Plain<int> data{0};
             threads.start([&] {
               parker.park();
               check(data == 1, "what was written before the permit is not visible");
             });
             threads.start([&] {
               data = 1;
               parker.unpark();
             });
             threads.join();
           }},
      {.name = "EachParkTakesAPermitOfItsOwn",
       .bounds = {.preemptions = 3, .spurious = 1},
       .program =
           [](Threads& threads) {
             ModelParker parker;
             Plain<int> data{0};
             Atomic<int> seen{0};
             threads.start([&] {
               for (int i = 1; i <= 2; ++i) {
                 parker.park();
                 check(data == i, "a park returned without its permit");
                 seen.store(i, std::memory_order_release);
               }
             });
             threads.start([&] {
               for (int i = 1; i <= 2; ++i) {
                 data = i;
                 parker.unpark();
                 while (seen.load(std::memory_order_acquire) != i) yield();
               }
             });
             threads.join();
           }},
      {.name = "DeadlinePassesWhileAPermitComes",
       .bounds = {.preemptions = 3, .spurious = 1},
       .program =
           [](Threads& threads) {
             ModelParker parker;
             Plain<int> data{0};
             threads.start([&] {
               if (parker.park_until(some_deadline) == ParkResult::timed_out) parker.park();
               check(data == 1, "what was written before the permit is not visible");
             });
             threads.start([&] {
               data = 1;
               parker.unpark();
             });
             threads.join();
           }},
      {.name = "TwoThreadsGivePermits",
       .bounds = {.preemptions = 3},
       .program =
           [](Threads& threads) {
             ModelParker parker;
             Atomic<int> first{0};
             Atomic<int> second{0};
             threads.start([&] {
               while (first.load(std::memory_order_relaxed) + second.load(std::memory_order_relaxed) != 2)
                 parker.park();
             });
             for (Atomic<int>* done : {&first, &second})
               threads.start([&parker, done] {
                 done->store(1, std::memory_order_relaxed);
                 parker.unpark();
               });
             threads.join();
           }},
      {.name = "TwoThreadsGivePermitsToOneThatHasADeadline",
       .bounds = {.preemptions = 2},
       .program =
           [](Threads& threads) {
             ModelParker parker;
             Atomic<int> first{0};
             Atomic<int> second{0};
             threads.start([&] {
               static_cast<void>(parker.park_until(some_deadline));
               while (first.load(std::memory_order_relaxed) + second.load(std::memory_order_relaxed) != 2)
                 parker.park();
             });
             for (Atomic<int>* done : {&first, &second})
               threads.start([&parker, done] {
                 done->store(1, std::memory_order_relaxed);
                 parker.unpark();
               });
             threads.join();
           }},
  };
}

} // namespace flowcoro::model
