// A producer thread and a consumer thread around a channel of a mutex and two condition variables.

#include "../blocking_channel.hpp"

#include "flowbench_kit/answers.hpp"
#include "flowbench_kit/mix.hpp"
#include "flowbench_kit/shape.hpp"
#include "task_threads.hpp"

namespace std_thread {
namespace {

Outcome run(Runtime&, const Phase& phase) {
  flowbench::BlockingChannel<std::uint64_t, flowbench::channel_capacity> channel;
  std::uint64_t received = 0;
  std::uint64_t hash = phase.seed;
  auto consumer = try_start([&] {
    while (const auto message = channel.receive()) {
      hash = flowbench::fold_message(hash, *message);
      ++received;
    }
  });
  auto producer = try_start([&] {
    for (std::uint64_t i = 0; i < phase.tasks; ++i) {
      channel.send(flowbench::mix(phase.seed + i));
    }
    channel.close();
  });
  if (!consumer || !producer) {
    channel.close(); // lets go whichever of the two was started, before it is joined
    return Unsupported{.reason = "the OS refuses two threads beside main", .limit = nearest_thread_limit().text};
  }
  producer->join();
  consumer->join();
  return Finished{.completed = received, .answer = hash};
}

const flowbench::Register workload{"channel", run};

} // namespace
} // namespace std_thread
