#pragma once
/// Which workers are parked, and how many are searching: enough to decide whether a push must wake somebody.
#include "flowcoro/base/atomics.hpp"
#include "flowcoro/base/cache_line.hpp"

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace flowcoro {

/// Bookkeeping of invariant W (src/sched/worker.cpp). All operations are seq_cst: a producer publishes work and then reads
/// this state, a worker writes this state and then reads the queues; each must see the other's write (store buffering).
template <class Atomics = StdAtomics>
class BasicIdleWorkers {
  template <class T>
  using Atomic = typename Atomics::template Atomic<T>;

 public:
  static constexpr std::size_t none = ~std::size_t{0};

  explicit BasicIdleWorkers(std::size_t workers)
      : words_{(workers + 63) / 64}, parked_{std::make_unique<Atomic<std::uint64_t>[]>(words_)} {}

  /// Announces that `worker` is about to park. It must look at every queue once more before it sleeps.
  void announce_parked(std::size_t worker) noexcept {
    // Counted first, as claim() counts last: the count is never below what can be claimed. Else one who claims in between
    // would make a worker that sleeps already disappear from wake_needed().
    parked_count_.fetch_add(1, std::memory_order_seq_cst);
    parked_[worker / 64].fetch_or(bit(worker), std::memory_order_seq_cst);
  }

  /// Takes `worker` out of the parked ones. \return false when somebody else did: then an unpark is on its way to it.
  [[nodiscard]] bool claim(std::size_t worker) noexcept {
    if ((parked_[worker / 64].fetch_and(~bit(worker), std::memory_order_seq_cst) & bit(worker)) == 0) return false;
    parked_count_.fetch_sub(1, std::memory_order_seq_cst);
    return true;
  }

  /// Claims any parked worker but `spare`, which it claims only when there is no other. \return its number, or none.
  [[nodiscard]] std::size_t claim_any(std::size_t spare = none) noexcept {
    for (std::size_t word = 0; word < words_; ++word) {
      std::uint64_t set = parked_[word].load(std::memory_order_seq_cst);
      if (spare / 64 == word) set &= ~bit(spare);
      for (; set != 0; set &= set - 1) {
        const std::size_t worker = word * 64 + static_cast<std::size_t>(std::countr_zero(set));
        if (claim(worker)) return worker;
      }
    }
    return spare != none && claim(spare) ? spare : none;
  }

  /// True when work that was just published needs a wake: somebody sleeps and nobody is looking for work.
  [[nodiscard]] bool wake_needed() const noexcept {
    return searching_.load(std::memory_order_seq_cst) == 0 && parked_count_.load(std::memory_order_seq_cst) != 0;
  }

  void begin_search() noexcept { searching_.fetch_add(1, std::memory_order_seq_cst); }
  /// \return true for the last searcher, who must make up for the wakes that producers left out meanwhile.
  [[nodiscard]] bool end_search() noexcept { return searching_.fetch_sub(1, std::memory_order_seq_cst) == 1; }

  /// How many are parked, in the total order of this class's operations.
  [[nodiscard]] std::size_t parked_now() const noexcept { return parked_count_.load(std::memory_order_seq_cst); }
  [[nodiscard]] std::size_t parked() const noexcept { return parked_count_.load(std::memory_order_relaxed); }
  /// A moment's view, for who only looks.
  [[nodiscard]] bool is_parked(std::size_t worker) const noexcept {
    return (parked_[worker / 64].load(std::memory_order_relaxed) & bit(worker)) != 0;
  }
  [[nodiscard]] std::size_t searching() const noexcept { return searching_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::uint64_t bit(std::size_t worker) noexcept { return std::uint64_t{1} << (worker % 64); }

  const std::size_t words_;
  const std::unique_ptr<Atomic<std::uint64_t>[]> parked_;
  alignas(cache_line_bytes) Atomic<std::size_t> parked_count_{0};
  Atomic<std::size_t> searching_{0};
};
using IdleWorkers = BasicIdleWorkers<>;

} // namespace flowcoro
