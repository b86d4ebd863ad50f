// The producer and the consumer are two tasks that block, so they need a worker each.

#include "../blocking_channel.hpp"

#include "flowbench_kit/answers.hpp"
#include "flowbench_kit/mix.hpp"
#include "flowbench_kit/shape.hpp"
#include "subject.hpp"

namespace thread_pool {
namespace {

Outcome run(Runtime& runtime, const Phase& phase) {
  if (phase.workers < 2) {
    return Unsupported{.reason = "the producer and the consumer block, so they need two workers; there is one"};
  }
  flowbench::BlockingChannel<std::uint64_t, flowbench::channel_capacity> channel;
  std::uint64_t received = 0;
  std::uint64_t hash = phase.seed;
  auto consume = [&](std::uint64_t) {
    while (const auto message = channel.receive()) {
      hash = flowbench::fold_message(hash, *message);
      ++received;
    }
  };
  auto produce = [&](std::uint64_t) {
    for (std::uint64_t i = 0; i < phase.tasks; ++i) {
      channel.send(flowbench::mix(phase.seed + i));
    }
    channel.close();
  };
  Join join(2);
  runtime.pool.submit(join, consume, 0);
  runtime.pool.submit(join, produce, 0);
  join.wait();
  return Finished{.completed = received, .answer = hash};
}

const flowbench::Register workload{
    "channel", run, flowbench::Unlike{"the producer and the consumer hold a worker each while they wait"}};

} // namespace
} // namespace thread_pool
