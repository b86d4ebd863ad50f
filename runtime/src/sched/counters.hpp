#pragma once
/// What the runtime has done so far, counted without contention.
#include "flowcoro/base/cache_line.hpp"
#include "flowcoro/base/detail/owned_count.hpp"

#include <atomic>
#include <cstdint>

namespace flowcoro::detail {

using WorkerCount = OwnedCount;

/// A counter with any number of writers.
class SharedCount {
 public:
  void add(std::uint64_t n = 1) noexcept { value_.fetch_add(n, std::memory_order_release); }
  [[nodiscard]] std::uint64_t get() const noexcept { return value_.load(std::memory_order_acquire); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// One set for each worker, and one for all other threads.
template <class Count>
struct alignas(cache_line_bytes) Counters {
  Count submitted;
  Count completed;
  Count failed; // counted as completed, too
  Count cancelled;
  Count moved_in;
  Count moved_out;
  Count steals;
  Count stolen;
  Count parks;
  Count wakes;
  Count injected;
  Count overflowed; // injected by a worker without memory for a longer queue
  Count timers_fired;
};

} // namespace flowcoro::detail
