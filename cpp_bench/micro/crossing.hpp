#pragma once
// Items that go from producers to consumers on threads of their own, round by round, until each has been consumed once.

#include <benchmark/benchmark.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <flowcoro/base/cache_line.hpp>
#include <flowcoro/park/spin_lock.hpp>
#include <flowcoro/queue/inject_queue.hpp>
#include <memory>
#include <span>

namespace flowcoro_micro {

/// What goes across. The queues link it, or point to it.
struct Item : flowcoro::InjectNode {
  std::size_t lot = 0;
  std::uint64_t value = 0;
};

/// Each iteration of the benchmark is a round, in which every producer sends `batch` items. A producer has a lot of items for each of
/// `window` rounds, and sends one again when all of it has been consumed, so nothing is allocated and no queue grows without a
/// bound. A consumer ends a round when as many items have been consumed as were sent up to then, by whomever: so whoever takes
/// more than its part leaves nobody waiting, and the last round ends when all is done.
class Crossing {
 public:
  static constexpr std::size_t batch = 256;
  static constexpr std::size_t window = 4;

  explicit Crossing(std::size_t producers) : producers_{producers}, lots_{std::make_unique<Lot[]>(producers * window)} {
    for (std::size_t lot = 0; lot < producers * window; ++lot) {
      for (Item& item : lots_[lot].items) item.lot = lot;
    }
  }

  /// BENCHMARK(...)->Apply(...) of a benchmark with so many threads of each kind; the producers have the first numbers.
  template <int producers, int consumers>
  static void between(benchmark::internal::Benchmark* benchmark) {
    benchmark->ArgNames({"producers", "consumers"})->Args({producers, consumers});
    benchmark->Threads(producers + consumers)->UseRealTime();
  }

  /// Waits until the items that `producer` sends in `round` are free, and numbers them.
  [[nodiscard]] std::span<Item> fill(std::size_t producer, std::uint64_t round) noexcept {
    Lot& lot = lots_[producer * window + round % window];
    flowcoro::SpinWait wait;
    // acquire: pairs with the release in consumed(); whoever consumed an item has read it.
    while (lot.consumed.load(std::memory_order_acquire) != round / window * batch) wait.once();
    std::uint64_t value = round * batch;
    for (Item& item : lot.items) item.value = ++value;
    return lot.items;
  }

  /// What one consumer has taken since it said so last.
  class Taken {
   public:
    explicit Taken(Crossing& crossing)
        : crossing_{crossing}, counts_{std::make_unique<std::uint64_t[]>(crossing.producers_ * window)} {}

    void add(const Item& item) noexcept {
      ++counts_[item.lot];
      sum_ += item.value;
    }
    /// After this the items may be sent again.
    void consumed() noexcept {
      crossing_.sum_.fetch_add(sum_, std::memory_order_relaxed);
      sum_ = 0;
      std::uint64_t total = 0;
      for (std::size_t lot = 0; lot < crossing_.producers_ * window; ++lot) {
        if (counts_[lot] == 0) continue;
        total += counts_[lot];
        crossing_.lots_[lot].consumed.fetch_add(counts_[lot], std::memory_order_release);
        counts_[lot] = 0;
      }
      crossing_.consumed_.fetch_add(total, std::memory_order_relaxed);
    }

   private:
    Crossing& crossing_;
    std::unique_ptr<std::uint64_t[]> counts_;
    std::uint64_t sum_ = 0;
  };

  [[nodiscard]] bool over(std::uint64_t round) const noexcept {
    return consumed_.load(std::memory_order_relaxed) >= (round + 1) * producers_ * batch;
  }

  /// After the last of `rounds`, on a thread that has met all others since: has each item come across once?
  [[nodiscard]] bool complete(std::uint64_t rounds) const noexcept {
    const std::uint64_t each = rounds * batch;
    return consumed_.load(std::memory_order_relaxed) == producers_ * each &&
           sum_.load(std::memory_order_relaxed) == producers_ * (each * (each + 1) / 2);
  }

 private:
  struct Lot {
    alignas(flowcoro::cache_line_bytes) std::atomic<std::uint64_t> consumed{0};
    alignas(flowcoro::cache_line_bytes) std::array<Item, batch> items;
  };

  std::size_t producers_;
  std::unique_ptr<Lot[]> lots_;
  alignas(flowcoro::cache_line_bytes) std::atomic<std::uint64_t> consumed_{0};
  std::atomic<std::uint64_t> sum_{0};
};

} // namespace flowcoro_micro
