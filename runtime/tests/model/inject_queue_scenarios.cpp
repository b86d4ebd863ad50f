#include "flowcoro/queue/inject_queue.hpp"

#include "model/atomics.hpp"
#include "model/scenarios.hpp"

#include <array>
#include <cstddef>

/// Every node is taken as often as it was pushed, those of one producer in the order in which it pushed them.
namespace flowcoro::model {
namespace {

using Queue = BasicInjectQueue<ModelAtomics>;

struct Job : BasicInjectNode<ModelAtomics> {
  Plain<int> written{0}; // by who pushes it
  std::size_t producer = 0;
  int number = 0; // rising among those of a producer
  int pushed = 0;
  int taken = 0;
};

class Jobs {
 public:
  void push(std::size_t i, std::size_t producer, Queue& into) {
    Job& job = jobs_[i];
    job.producer = producer;
    job.number = ++numbers_[producer];
    push_again(job, into);
  }
  static void push_again(Job& job, Queue& into) {
    job.written = 1;
    ++job.pushed;
    into.push(job);
  }
  /// \return the newest of what there was, or nullptr.
  static Job* take_all(Queue& from) {
    Job* last = nullptr;
    std::array<int, 3> numbers{};
    for (auto *node = from.take_all(), *next = node; node != nullptr; node = next) {
      next = node->next_injected;
      last = static_cast<Job*>(node);
      check(last->written == 1, "a node's content is not visible");
      check(++last->taken <= last->pushed, "a node is taken twice");
      check(last->number > numbers[last->producer], "the nodes of one producer change places");
      numbers[last->producer] = last->number;
    }
    return last;
  }
  void expect_all_taken() const {
    for (const Job& job : jobs_) check(job.taken == job.pushed, "a node is lost");
  }

 private:
  std::array<Job, 4> jobs_;
  std::array<int, 3> numbers_{};
};

} // namespace

std::vector<Scenario> inject_queue_scenarios() {
  return {
      {.name = "ProducersPushWhileAConsumerTakes",
       .bounds = {.spurious = 1},
       .program =
           [](Threads& threads) {
             Jobs jobs;
             Queue queue;
             threads.start([&] {
               jobs.push(0, 1, queue);
               jobs.push(1, 1, queue);
             });
             threads.start([&] { jobs.push(2, 2, queue); });
             threads.start([&] {
               Jobs::take_all(queue);
               Jobs::take_all(queue);
             });
             threads.join();
             Jobs::take_all(queue);
             jobs.expect_all_taken();
             check(queue.empty(), "something is left");
           }},
      {.name = "ConsumersTakeAtTheSameTime",
       .program =
           [](Threads& threads) {
             Jobs jobs;
             Queue queue;
             jobs.push(0, 0, queue);
             threads.start([&] {
               jobs.push(1, 1, queue);
               jobs.push(2, 1, queue);
             });
             for (int i = 0; i < 2; ++i) threads.start([&] { Jobs::take_all(queue); });
             threads.join();
             Jobs::take_all(queue);
             jobs.expect_all_taken();
           }},
      {.name = "NodeIsPushedAgainWhileAnotherIsPushed",
       .program =
           [](Threads& threads) {
             Jobs jobs;
             Queue queue;
             jobs.push(0, 0, queue);
             jobs.push(1, 0, queue);
             threads.start([&] {
               if (Job* job = Jobs::take_all(queue)) Jobs::push_again(*job, queue);
             });
             threads.start([&] { jobs.push(2, 1, queue); });
             threads.start([&] { Jobs::take_all(queue); });
             threads.join();
             Jobs::take_all(queue);
             jobs.expect_all_taken();
           }},
  };
}

} // namespace flowcoro::model
