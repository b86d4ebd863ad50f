#pragma once
/// What happened last on one thread, in bounded memory: the newest event takes the place of the oldest.
#include "flowcoro/base/atomics.hpp"
#include "flowcoro/base/cache_line.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace flowcoro::detail {

/// An event as its writer packs it.
using TraceWords = std::array<std::uint64_t, 3>;

/// One writer at a time; anyone may read meanwhile, and gets whole events only.
///
/// Events are counted since the start; event i is in slot i modulo the capacity. The writer announces that it overwrites a slot
/// (begun_) before it does, so a reader that has seen any word of the new event also sees the announcement, and drops the old one.
template <class Atomics = StdAtomics>
class BasicTraceRing {
  template <class T>
  using Atomic = typename Atomics::template Atomic<T>;

 public:
  /// \param capacity in events, rounded up to a power of two. Throws std::bad_alloc.
  explicit BasicTraceRing(std::size_t capacity)
      : mask_{std::bit_ceil(std::max<std::size_t>(capacity, 1)) - 1}, slots_{std::make_unique<Slot[]>(mask_ + 1)} {}

  /// Writer only. Cost: five plain stores on an x86.
  void push(const TraceWords& event) noexcept {
    const std::uint64_t count = written_.load(std::memory_order_relaxed);
    begun_.store(count + 1, std::memory_order_relaxed);
    Slot& slot = slots_[count & mask_];
    for (std::size_t i = 0; i < event.size(); ++i) {
      // release: pairs with the acquire in read(); who reads this word finds the slot announced.
      slot.words[i].store(event[i], std::memory_order_release);
    }
    // release: publishes the slot.
    written_.store(count + 1, std::memory_order_release);
  }

  /// How many events were pushed so far. Threads: any.
  [[nodiscard]] std::uint64_t written() const noexcept { return written_.load(std::memory_order_acquire); }

  struct Events {
    std::uint64_t first; ///< number of the first one below
    std::vector<TraceWords> events;
  };
  /// What is left of the events from number `from` on, in order. Threads: any. Throws std::bad_alloc.
  [[nodiscard]] Events read(std::uint64_t from) const {
    const std::uint64_t end = written();
    const std::uint64_t capacity = mask_ + 1;
    std::uint64_t first = std::max(std::min(from, end), end - std::min(end, capacity));
    Events read{first, {}};
    read.events.reserve(end - first);
    for (std::uint64_t number = first; number < end; ++number) {
      TraceWords event;
      const Slot& slot = slots_[number & mask_];
      for (std::size_t i = 0; i < event.size(); ++i) event[i] = slot.words[i].load(std::memory_order_acquire);
      read.events.push_back(event);
    }
    // Behind the loads above, which acquire: what was overwritten meanwhile has been announced.
    const std::uint64_t begun = begun_.load(std::memory_order_relaxed);
    first = std::clamp(begun - std::min(begun, capacity), first, end);
    read.events.erase(read.events.begin(), read.events.begin() + static_cast<std::ptrdiff_t>(first - read.first));
    read.first = first;
    return read;
  }

 private:
  struct Slot {
    std::array<Atomic<std::uint64_t>, 3> words{};
  };

  const std::uint64_t mask_;
  const std::unique_ptr<Slot[]> slots_;
  alignas(cache_line_bytes) Atomic<std::uint64_t> begun_{0};
  Atomic<std::uint64_t> written_{0};
};
using TraceRing = BasicTraceRing<>;

} // namespace flowcoro::detail
