#pragma once
/// Which of several queues a new piece of work goes to: the one with the least to do.
#include "flowcoro/base/assert.hpp"
#include "flowcoro/base/cache_line.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <vector>

namespace flowcoro {

/// Counts what each of a number of places has to do: what was added and not yet removed. Where work is stolen, placing it well
/// matters little; this is for queues that keep what they have.
/// Threads: any, for every function; a load is a moment's view.
class LoadBalancer {
 public:
  /// Up to so many places choose() looks at all of them; of more, it looks at two that it takes at random, which keeps the longest queue
  /// nearly as short, for the same cost however many they are (Mitzenmacher: The power of two choices in randomized load
  /// balancing, 2001).
  static constexpr std::size_t looked_at_all = 16;

  /// Throws std::invalid_argument for none, std::bad_alloc.
  explicit LoadBalancer(std::size_t places) : loads_(places) {
    if (places == 0) throw std::invalid_argument{"places: must be at least 1"};
  }
  LoadBalancer(const LoadBalancer&) = delete;
  LoadBalancer& operator=(const LoadBalancer&) = delete;

  /// The place with the least load; one of them at random when there are several, so that threads that ask at once part.
  [[nodiscard]] std::size_t choose() noexcept {
    const std::size_t places = loads_.size();
    const std::uint64_t random = next_random();
    const std::size_t first = below(random, places);
    if (places <= looked_at_all) {
      std::size_t best = first;
      for (std::size_t i = 1; i < places; ++i) {
        const std::size_t other = (first + i) % places;
        if (load(other) < load(best)) best = other;
      }
      return best;
    }
    const std::size_t second = (first + 1 + below(random << 32, places - 1)) % places; // another one
    return load(second) < load(first) ? second : first;
  }
  /// choose(), and adds to it.
  [[nodiscard]] std::size_t place() noexcept {
    const std::size_t chosen = choose();
    add(chosen);
    return chosen;
  }

  void add(std::size_t place) noexcept { loads_[place].value.fetch_add(1, std::memory_order_relaxed); }
  /// When the work is done. Precondition, which is checked: it was added.
  void remove(std::size_t place) noexcept {
    const std::size_t before = loads_[place].value.fetch_sub(1, std::memory_order_relaxed);
    FLOWCORO_ASSERT(before != 0, "more was removed from a LoadBalancer's place than was added");
  }

  [[nodiscard]] std::size_t load(std::size_t place) const noexcept {
    return loads_[place].value.load(std::memory_order_relaxed);
  }
  [[nodiscard]] std::size_t places() const noexcept { return loads_.size(); }

 private:
  struct alignas(cache_line_bytes) Load {
    std::atomic<std::size_t> value{0};
  };

  /// splitmix64, one step for whoever asks.
  [[nodiscard]] std::uint64_t next_random() noexcept {
    std::uint64_t z = random_.fetch_add(0x9e3779b97f4a7c15u, std::memory_order_relaxed);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  /// In [0, bound), from the upper half of a random number.
  [[nodiscard]] static std::size_t below(std::uint64_t random, std::size_t bound) noexcept {
    return static_cast<std::size_t>(((random >> 32) * bound) >> 32);
  }

  std::vector<Load> loads_;
  alignas(cache_line_bytes) std::atomic<std::uint64_t> random_{0};
};

} // namespace flowcoro
