#include "flowcoro/queue/local_queue.hpp"

#include "model/atomics.hpp"
#include "model/scenarios.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

/// Every item that was queued is taken once, by somebody to whom what its owner wrote into it is visible.
namespace flowcoro::model {
namespace {

struct Item {
  Plain<int> written{0}; // by who queues it
  bool queued = false;
  bool taken = false;
};

using Queue = LocalQueue<Item*, ModelAtomics>;

class Items {
 public:
  void queue(std::size_t i, Queue& in) {
    Item& item = items_[i];
    item.written = 1;
    item.queued = true;
    check(in.push(&item) != 0, "a push is refused");
  }
  /// \return whether there was one.
  static bool take(Item* item) {
    if (item == nullptr) return false;
    check(!item->taken, "an item is taken twice");
    item->taken = true;
    check(item->written == 1, "an item's content is not visible");
    return true;
  }
  /// When all threads have ended.
  void expect_all_taken() const {
    for (const Item& item : items_) check(item.taken == item.queued, "an item is lost");
  }

 private:
  std::array<Item, 6> items_;
};

void drain(Queue& queue) {
  while (Items::take(queue.pop())) {
  }
}

/// The owner pushes two items more than there is room for.
void grow_under_a_thief(Threads& threads, std::size_t capacity, std::uint64_t first_index) {
  Items items;
  Queue queue{capacity, first_index};
  Queue loot{2};
  for (std::size_t i = 0; i < capacity; ++i) items.queue(i, queue);
  threads.start([&] {
    items.queue(capacity, queue);
    items.queue(capacity + 1, queue);
  });
  threads.start([&] { Items::take(queue.steal_half(loot)); });
  threads.join();
  drain(queue);
  drain(loot);
  items.expect_all_taken();
}

} // namespace

std::vector<Scenario> local_queue_scenarios() {
  return {
      {.name = "OwnerAndThiefWantTheLastItem",
       .program =
           [](Threads& threads) {
             Items items;
             Queue queue{2};
             Queue loot{2};
             items.queue(0, queue);
             threads.start([&] { Items::take(queue.pop()); });
             threads.start([&] { Items::take(queue.steal_half(loot)); });
             threads.join();
             items.expect_all_taken();
           }},
      {.name = "ThiefComesWhileTheOwnerPushes",
       .program =
           [](Threads& threads) {
             Items items;
             Queue queue{2};
             Queue loot{2};
             threads.start([&] {
               items.queue(0, queue);
               items.queue(1, queue);
             });
             threads.start([&] { Items::take(queue.steal_half(loot)); });
             threads.join();
             drain(queue);
             drain(loot);
             items.expect_all_taken();
           }},
      {.name = "RingOfOneGrowsUnderAThief", .program = [](Threads& threads) { grow_under_a_thief(threads, 1, 0); }},
      {.name = "RingGrowsUnderAThiefWhereTheIndexWraps",
       .program =
           [](Threads& threads) { grow_under_a_thief(threads, 2, std::numeric_limits<std::uint64_t>::max() - 1); }},
      {.name = "RingOfFourGrowsUnderAThief", .program = [](Threads& threads) { grow_under_a_thief(threads, 4, 3); }},
      {.name = "SlotIsUsedAgainUnderAThief",
       .bounds = {.load_buffering = true},
       .program =
           [](Threads& threads) {
             Items items;
             Queue queue{2};
             Queue loot{2};
             items.queue(0, queue);
             items.queue(1, queue);
             threads.start([&] {
               Items::take(queue.pop());
               items.queue(2, queue);
             });
             threads.start([&] { Items::take(queue.steal_half(loot)); });
             threads.join();
             drain(queue);
             drain(loot);
             items.expect_all_taken();
           }},
      {.name = "ThiefMakesRoomForThePush",
       .bounds = {.load_buffering = true},
       .program =
           [](Threads& threads) {
             Items items;
             Queue queue{2};
             Queue loot{2};
             items.queue(0, queue);
             items.queue(1, queue);
             threads.start([&] { items.queue(2, queue); });
             threads.start([&] { Items::take(queue.steal_half(loot, 1)); });
             threads.join();
             drain(queue);
             drain(loot);
             items.expect_all_taken();
           }},
      {.name = "TwoThievesAndTheOwner",
       .bounds = {.load_buffering = true},
       .program =
           [](Threads& threads) {
             Items items;
             Queue queue{2};
             Queue loot_a{2};
             Queue loot_b{2};
             items.queue(0, queue);
             threads.start([&] {
               items.queue(1, queue);
               Items::take(queue.pop());
             });
             threads.start([&] { Items::take(queue.steal_half(loot_a)); });
             threads.start([&] { Items::take(queue.steal_half(loot_b)); });
             threads.join();
             drain(queue);
             drain(loot_a);
             drain(loot_b);
             items.expect_all_taken();
           }},
      {.name = "LootIsStolenInTurn",
       .program =
           [](Threads& threads) {
             Items items;
             Queue queue{4};
             Queue loot_a{2};
             Queue loot_b{2};
             threads.start([&] {
               for (std::size_t i = 0; i < 3; ++i) items.queue(i, queue);
             });
             threads.start([&] { Items::take(queue.steal_half(loot_a)); });
             threads.start([&] { Items::take(loot_a.steal_half(loot_b)); });
             threads.join();
             drain(queue);
             drain(loot_a);
             drain(loot_b);
             items.expect_all_taken();
           }},
      {.name = "LootGoesWhereAnotherThiefHasJustRead",
       .bounds = {.load_buffering = true},
       .program =
           [](Threads& threads) {
             Items items;
             Queue queue{4};
             Queue loot_a{2};
             Queue loot_b{2};
             items.queue(0, loot_a);
             items.queue(1, loot_a);
             for (std::size_t i = 2; i < 5; ++i) items.queue(i, queue);
             threads.start([&] { Items::take(queue.steal_half(loot_a)); });
             threads.start([&] { Items::take(loot_a.steal_half(loot_b, 1)); });
             threads.join();
             drain(queue);
             drain(loot_a);
             drain(loot_b);
             items.expect_all_taken();
           }},
  };
}

} // namespace flowcoro::model
