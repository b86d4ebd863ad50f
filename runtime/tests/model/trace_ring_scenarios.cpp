#include "flowcoro/sched/detail/trace_ring.hpp"

#include "model/atomics.hpp"
#include "model/scenarios.hpp"

#include <cstddef>
#include <cstdint>

/// Whoever reads while events are overwritten gets whole ones, in order, and all that were there before and still are.
namespace flowcoro::model {
namespace {

using Ring = detail::BasicTraceRing<ModelAtomics>;

void push(Ring& ring, std::uint64_t number) {
  // Never what a slot holds at first.
  const std::uint64_t word = number + 1;
  ring.push({word, word, word});
}

void read(const Ring& ring, std::uint64_t from) {
  const Ring::Events read = ring.read(from);
  for (std::size_t i = 0; i < read.events.size(); ++i)
    for (const std::uint64_t word : read.events[i]) check(word == read.first + i + 1, "an event is torn, or another's");
}

} // namespace

std::vector<Scenario> trace_ring_scenarios() {
  return {
      {.name = "AnEventIsReadWhileItIsWritten",
       .program =
           [](Threads& threads) {
             Ring ring{2};
             threads.start([&] {
               push(ring, 0);
               push(ring, 1);
             });
             threads.start([&] { read(ring, 0); });
             threads.join();
             check(ring.read(0).events.size() == 2, "an event is lost");
           }},
      {.name = "AnEventIsReadWhileItIsOverwritten",
       .program =
           [](Threads& threads) {
             Ring ring{1};
             push(ring, 0);
             threads.start([&] { push(ring, 1); });
             threads.start([&] { read(ring, 0); });
             threads.join();
             read(ring, 0);
             check(ring.written() == 2, "an event is not counted");
           }},
  };
}

} // namespace flowcoro::model
