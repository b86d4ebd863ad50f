#pragma once
// N tasks in a few shares of the range for each worker. Asio has no bulk operation, and to spawn each task costs more than
// its work. A task is a coroutine of its own that can wait for anything; one that does holds up the rest of its share.

#include <algorithm>
#include <vector>

#include "flowbench_kit/answers.hpp"
#include "subject.hpp"

namespace asio_subject {

inline constexpr std::uint64_t shares_per_worker = 8;

/// How a workload in shares differs.
inline constexpr flowbench::Unlike one_after_the_other{
    "a share awaits its tasks one after the other, so one that waited would hold up the rest of its share"};

template <auto work>
Awaitable<std::uint64_t> task(std::uint64_t x) {
  co_return work(x);
}

/// Runs tasks [first, last) one after the other.
template <auto work>
Awaitable<void> share(const Phase* phase, std::vector<std::uint64_t>* results, std::uint64_t first,
                      std::uint64_t last) {
  co_await to_pool();
  for (std::uint64_t i = first; i < last; ++i) {
    Awaitable<std::uint64_t> one = task<work>(phase->seed + i);
    (*results)[i] = co_await std::move(one);
  }
}

/// The root task: `work` for each x from the seed on.
template <auto work>
Awaitable<Finished> in_shares(Executor executor, const Phase* phase) {
  std::vector<std::uint64_t> results(phase->tasks);
  const std::uint64_t shares = std::min(phase->tasks, shares_per_worker * phase->workers);
  Join join(executor, shares);
  for (std::uint64_t i = 0; i < shares; ++i) {
    spawn(executor, share<work>(phase, &results, phase->tasks * i / shares, phase->tasks * (i + 1) / shares), join);
  }
  co_await join.wait();
  co_return Finished{.completed = results.size(), .answer = flowbench::wrapping_sum(results)};
}

} // namespace asio_subject
