#include "flowcoro/park/event_count.hpp"

#include "flowcoro/queue/inject_queue.hpp"
#include "model/atomics.hpp"
#include "model/scenarios.hpp"

#include <cstdint>

/// A thread that sleeps while what it waits for is there sleeps for ever, which the model finds.
namespace flowcoro::model {
namespace {

using Changes = BasicEventCount<ModelAtomics>;
using Queue = BasicInjectQueue<ModelAtomics>;

struct Job : BasicInjectNode<ModelAtomics> {
  Plain<int> written{0};
};

/// As a scheduler that has no thread of its own: until the queue has something.
void wait_for_job(Changes& changes, Queue& queue) {
  for (;;) {
    if (auto* node = queue.take_all()) {
      check(static_cast<Job*>(node)->written == 1, "a job's content is not visible");
      return;
    }
    changes.wait([&queue] { return queue.empty() ? no_deadline : SteadyTime::min(); });
  }
}

} // namespace

std::vector<Scenario> event_count_scenarios() {
  return {
      {.name = "JobComesWhileSomebodyGoesToSleep",
       .bounds = {.preemptions = 3, .spurious = 1},
       .program =
           [](Threads& threads) {
             Changes changes;
             Queue queue;
             Job job;
             threads.start([&] { wait_for_job(changes, queue); });
             threads.start([&] {
               job.written = 1;
               queue.push(job);
               changes.notify_all();
             });
             threads.join();
           }},
      {.name = "TwoJobsForTwoWhoSleep",
       .program =
           [](Threads& threads) {
             Changes changes;
             Queue queue;
             Queue other;
             Job job;
             Job other_job;
             threads.start([&] { wait_for_job(changes, queue); });
             threads.start([&] { wait_for_job(changes, other); });
             threads.start([&] {
               job.written = 1;
               queue.push(job);
               changes.notify_all();
               other_job.written = 1;
               other.push(other_job);
               changes.notify_all();
             });
             threads.join();
           }},
      {.name = "OneIsWokenForEachOfTwo",
       .program =
           [](Threads& threads) {
             Changes changes;
             Atomic<int> there{0};
             for (int i = 0; i < 2; ++i)
               threads.start([&] {
                 for (;;) {
                   int now = there.load();
                   while (now > 0)
                     if (there.compare_exchange_weak(now, now - 1)) return;
                   changes.wait([&there] { return there.load() > 0 ? SteadyTime::min() : no_deadline; });
                 }
               });
             threads.start([&] {
               for (int i = 0; i < 2; ++i) {
                 there.fetch_add(1);
                 changes.notify_one();
               }
             });
             threads.join();
           }},
      {.name = "FlagIsSetByTwoWhileSomebodyGoesToSleep",
       .program =
           [](Threads& threads) {
             Changes changes;
             Atomic<int> set{0};
             threads.start([&] {
               while (set.load() != 2)
                 changes.wait([&set] { return set.load() == 2 ? SteadyTime::min() : no_deadline; });
             });
             for (int i = 0; i < 2; ++i)
               threads.start([&] {
                 set.fetch_add(1);
                 changes.notify_all();
               });
             threads.join();
           }},
  };
}

} // namespace flowcoro::model
