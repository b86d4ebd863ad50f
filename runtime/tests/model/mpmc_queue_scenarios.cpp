#include "flowcoro/queue/mpmc_queue.hpp"

#include "model/atomics.hpp"
#include "model/scenarios.hpp"

#include <array>
#include <cstddef>
#include <optional>

/// Every item that was pushed is taken once, by somebody to whom what its producer wrote into it is visible; those of one producer in
/// its order. Blocks of one and of two slots, so that each push or every other one is at the end of a block.
namespace flowcoro::model {
namespace {

struct Item {
  Plain<int> written{0}; // by who pushes it
  std::size_t producer = 0;
  int number = 0; // rising among those of a producer
  bool pushed = false;
  bool taken = false;
};

template <std::size_t slots>
using Queue = MpmcQueue<Item*, ModelAtomics, slots>;

class Items {
 public:
  template <class AnyQueue>
  void push(std::size_t i, std::size_t producer, AnyQueue& into) {
    Item& item = items_[i];
    item.written = 1;
    item.producer = producer;
    item.number = ++numbers_[producer];
    item.pushed = true;
    into.push(&item);
  }
  void expect_all_taken() const {
    for (const Item& item : items_) check(item.taken == item.pushed, "an item is lost");
  }

 private:
  std::array<Item, 5> items_;
  std::array<int, 3> numbers_{};
};

class Consumer {
 public:
  /// \return whether there was one.
  template <class AnyQueue>
  bool take(AnyQueue& from) {
    const std::optional<Item*> got = from.try_pop();
    if (!got) return false;
    Item& item = **got;
    check(item.written == 1, "an item's content is not visible");
    check(!item.taken, "an item is taken twice");
    item.taken = true;
    check(item.number > last_[item.producer], "the items of one producer change places");
    last_[item.producer] = item.number;
    return true;
  }

 private:
  std::array<int, 3> last_{};
};

template <class AnyQueue>
void drain(AnyQueue& queue) {
  Consumer consumer;
  while (consumer.take(queue)) {
  }
  check(queue.empty(), "something is left");
}

template <std::size_t slots>
void two_produce_and_one_consumes(Threads& threads) {
  Items items;
  Queue<slots> queue;
  threads.start([&] { items.push(0, 1, queue); });
  threads.start([&] { items.push(1, 2, queue); });
  threads.start([&] {
    Consumer consumer;
    consumer.take(queue);
    consumer.take(queue);
  });
  threads.join();
  drain(queue);
  items.expect_all_taken();
}

template <std::size_t slots>
void two_consume_what_is_there(Threads& threads) {
  Items items;
  Queue<slots> queue;
  for (std::size_t i = 0; i < 3; ++i) items.push(i, 0, queue);
  for (int i = 0; i < 2; ++i)
    threads.start([&] {
      Consumer consumer;
      consumer.take(queue);
      consumer.take(queue);
    });
  threads.join();
  drain(queue);
  items.expect_all_taken();
}

/// Two threads each fill one queue, then look at the other one.
template <class LooksEmpty>
void not_both_are_empty(Threads& threads, LooksEmpty looks_empty) {
  Items items;
  Queue<2> left;
  Queue<2> right;
  bool left_empty = false;
  bool right_empty = false;
  threads.start([&] {
    items.push(0, 1, left);
    right_empty = looks_empty(right);
  });
  threads.start([&] {
    items.push(1, 2, right);
    left_empty = looks_empty(left);
  });
  threads.join();
  check(!left_empty || !right_empty, "both are found empty");
  drain(left);
  drain(right);
  items.expect_all_taken();
}

} // namespace

std::vector<Scenario> mpmc_queue_scenarios() {
  return {
      {.name = "TwoProduceAndOneConsumesBlocksOfOne",
       .bounds = {.stale = 2, .spurious = 1},
       .program = &two_produce_and_one_consumes<1>,
       .large = true},
      {.name = "TwoProduceAndOneConsumesBlocksOfTwo",
       .bounds = {.stale = 2},
       .program = &two_produce_and_one_consumes<2>},
      {.name = "TwoConsumeBlocksOfOne", .bounds = {.stale = 2}, .program = &two_consume_what_is_there<1>},
      {.name = "TwoConsumeBlocksOfTwo", .bounds = {.stale = 2}, .program = &two_consume_what_is_there<2>},
      {.name = "ABlockOfThreeEndsUnderItsReaders",
       .bounds = {.stale = 1},
       .program =
           [](Threads& threads) {
             Items items;
             Queue<3> queue;
             for (std::size_t i = 0; i < 3; ++i) items.push(i, 0, queue);
             for (int i = 0; i < 3; ++i)
               threads.start([&] {
                 Consumer consumer;
                 check(consumer.take(queue), "an item is overlooked");
               });
             threads.join();
             drain(queue);
             items.expect_all_taken();
           }},
      {.name = "OneProducesAndOneConsumesAcrossBlocks",
       .bounds = {.preemptions = 3, .stale = 2},
       .program =
           [](Threads& threads) {
             Items items;
             Queue<1> queue;
             threads.start([&] {
               for (std::size_t i = 0; i < 3; ++i) items.push(i, 1, queue);
             });
             threads.start([&] {
               Consumer consumer;
               for (int i = 0; i < 3; ++i) consumer.take(queue);
             });
             threads.join();
             drain(queue);
             items.expect_all_taken();
           }},
      {.name = "QueuesThatAreLookedAtCrosswiseAreNotBothEmpty",
       .program =
           [](Threads& threads) {
             not_both_are_empty(threads, [](Queue<2>& queue) {
               Consumer consumer;
               return !consumer.take(queue);
             });
           }},
      {.name = "QueuesOfWhichOneIsAskedAreNotBothEmpty",
       .program = [](Threads& threads) { not_both_are_empty(threads, [](Queue<2>& queue) { return queue.empty(); }); }},
      {.name = "ItemsAreLeftAtTheEnd",
       .program =
           [](Threads& threads) {
             Items items;
             Queue<1> queue;
             threads.start([&] { items.push(0, 1, queue); });
             threads.start([&] { items.push(1, 2, queue); });
             threads.join();
           }},
  };
}

} // namespace flowcoro::model
