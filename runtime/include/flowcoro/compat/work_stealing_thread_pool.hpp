#pragma once
/// WorkStealingThreadPool: threads for functions, with a queue each, over a StealingPool.
#include "flowcoro/base/numa.hpp"
#include "flowcoro/compat/detail/packaged_call.hpp"
#include "flowcoro/sched/stealing_pool.hpp"

#include <concepts>
#include <cstddef>
#include <future>
#include <type_traits>
#include <utility>
#include <vector>

namespace flowcoro {

/// The own queue first, then what came from outside, then half of another one's; on a machine with several NUMA nodes threads are shared out
/// among them, and steal within theirs first. What was taken runs before the pool ends. Threads: any.
class WorkStealingThreadPool {
 public:
  /// One thread for each CPU that the process may use. Throws std::system_error.
  WorkStealingThreadPool() : WorkStealingThreadPool{0} {}
  /// 0 = the same.
  explicit WorkStealingThreadPool(std::size_t threads)
      : pool_{{.threads = static_cast<unsigned>(threads), .cpu_groups = near_cpus()}} {}

  /// The result or the exception of `function(args...)`, which keeps copies of both; std::ref passes a reference.
  /// Throws RuntimeStopped after stop().
  template <class F, class... Args>
    requires std::invocable<std::decay_t<F>, std::decay_t<Args>...>
  [[nodiscard]] auto enqueue(F&& function, Args&&... args) {
    return detail::submit_packaged(pool_, std::forward<F>(function), std::forward<Args>(args)...);
  }
  /// Without a result. An exception is counted, see stats().
  template <class F>
    requires std::invocable<F&>
  void enqueue_void(F function) {
    pool_.submit(std::move(function));
  }

  /// Runs what was taken, and takes no more. Idempotent. Blocks.
  void stop() noexcept { pool_.stop(); }

  [[nodiscard]] std::size_t size() const noexcept { return pool_.threads(); }
  [[nodiscard]] StealingPoolStats stats() const noexcept { return pool_.stats(); }

 private:
  [[nodiscard]] static std::vector<std::vector<unsigned>> near_cpus() {
    std::vector<std::vector<unsigned>> groups;
    for (NumaNode& node : numa_nodes()) groups.push_back(std::move(node.cpus));
    return groups;
  }

  StealingPool pool_;
};

} // namespace flowcoro
