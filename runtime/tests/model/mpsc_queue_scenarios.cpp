#include "flowcoro/queue/mpsc_queue.hpp"

#include "model/atomics.hpp"
#include "model/scenarios.hpp"

#include <array>
#include <cstddef>
#include <optional>

/// What is behind it, the inject queue, has scenarios of its own; here is what the consumer makes of it.
namespace flowcoro::model {
namespace {

struct Item {
  Plain<int> written{0};
  std::size_t producer = 0;
  int number = 0;
};

} // namespace

std::vector<Scenario> mpsc_queue_scenarios() {
  return {
      {.name = "TwoPushWhileOnePops",
       .bounds = {.spurious = 1},
       .program =
           [](Threads& threads) {
             std::array<Item, 3> items;
             MpscQueue<Item*, ModelAtomics> queue;
             std::array<int, 3> last{};
             int taken = 0;
             const auto push = [&](std::size_t i, std::size_t producer, int number) {
               items[i].written = 1;
               items[i].producer = producer;
               items[i].number = number;
               queue.push(&items[i]);
             };
             const auto pop = [&] {
               const std::optional<Item*> item = queue.try_pop();
               if (!item) return false;
               check((*item)->written == 1, "an item's content is not visible");
               check((*item)->number > last[(*item)->producer], "the items of one producer change places");
               last[(*item)->producer] = (*item)->number;
               ++taken;
               return true;
             };
             threads.start([&] {
               push(0, 1, 1);
               push(1, 1, 2);
             });
             threads.start([&] { push(2, 2, 1); });
             threads.start([&] {
               pop();
               pop();
             });
             threads.join();
             while (pop()) {
             }
             check(taken == 3, "an item is lost or taken twice");
             check(queue.empty(), "something is left");
           }},
  };
}

} // namespace flowcoro::model
