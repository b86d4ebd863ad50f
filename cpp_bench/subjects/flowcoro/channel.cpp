// A producer and a consumer that suspend instead of blocking.

#include "flowbench_kit/answers.hpp"
#include "flowbench_kit/mix.hpp"
#include "flowbench_kit/shape.hpp"
#include "subject.hpp"

namespace flowcoro_subject {
namespace {

using Messages = flowcoro::Channel<std::uint64_t>;

struct Received {
  std::uint64_t hash;
  std::uint64_t count;
};

Lazy<void> produce(Messages* channel, const Phase* phase) {
  bool open = true;
  for (std::uint64_t i = 0; i < phase->tasks && open; ++i) {
    open = co_await channel->send(flowbench::mix(phase->seed + i));
  }
  channel->close();
}

Lazy<Received> consume(Messages* channel, std::uint64_t seed) {
  Received received{.hash = seed, .count = 0};
  while (const std::optional<std::uint64_t> message = co_await channel->receive()) {
    received.hash = flowbench::fold_message(received.hash, *message);
    ++received.count;
  }
  co_return received;
}

Lazy<Finished> root(const Phase* phase) {
  Messages channel(flowbench::channel_capacity);
  Task<Received> consumer = flowcoro::spawn(consume, &channel, phase->seed);
  Task<void> producer = flowcoro::spawn(produce, &channel, phase);
  co_await producer;
  const Received received = co_await consumer;
  co_return Finished{.completed = received.count, .answer = received.hash};
}

Outcome run(Runtime& runtime, const Phase& phase) { return flowcoro::sync_wait(runtime.flow, root(&phase)); }

const flowbench::Register workload{"channel", run};

} // namespace
} // namespace flowcoro_subject
