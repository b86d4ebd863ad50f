// A thread at each level, which waits for the thread of the level below: 1,000 waiting threads at the deepest point.

#include <algorithm>
#include <atomic>

#include "flowbench_kit/mix.hpp"
#include "flowbench_kit/shape.hpp"
#include "task_threads.hpp"

namespace std_thread {
namespace {

struct Result {
  std::uint64_t sum = 0;
  std::uint64_t levels = 0; ///< that were joined
};

class Chain {
 public:
  Chain(std::uint64_t seed, std::uint64_t last) : seed_(seed), last_(last) {}

  /// Runs level i and all below it on threads of their own. Blocks until they have ended.
  Result await_level(std::uint64_t i) {
    Result result;
    std::optional<std::jthread> thread = try_start([this, i, &result] { result = run_level(i); });
    if (!thread) {
      refused_.store(true, std::memory_order_relaxed);
      return {};
    }
    thread->join();
    ++result.levels;
    return result;
  }

  [[nodiscard]] bool refused() const noexcept { return refused_.load(std::memory_order_relaxed); }

 private:
  Result run_level(std::uint64_t i) {
    Result below;
    if (i + 1 < last_) {
      below = await_level(i + 1);
    } else {
      std::this_thread::yield();
    }
    return {.sum = flowbench::mix(seed_ + i) + below.sum, .levels = below.levels};
  }

  std::uint64_t seed_;
  std::uint64_t last_;
  std::atomic<bool> refused_{false}; // written by the deepest thread, read after all were joined
};

Outcome run(Runtime&, const Phase& phase) {
  Result total;
  std::optional<std::uint64_t> refused_depth;
  flowbench::for_each_chain(phase.tasks, [&](std::uint64_t first, std::uint64_t last) {
    if (refused_depth) {
      return;
    }
    Chain chain(phase.seed, last);
    const Result result = chain.await_level(first);
    total.sum += result.sum;
    total.levels += result.levels;
    if (chain.refused()) {
      refused_depth = result.levels;
    }
  });
  if (refused_depth) {
    return Unsupported{.reason = "each level of a chain is a waiting thread, and the OS refuses " +
                                 std::to_string(std::min(phase.tasks, flowbench::chain_depth)) + " at once",
                       .limit = nearest_thread_limit().text,
                       .largest = refused_depth};
  }
  return Finished{.completed = total.levels, .answer = total.sum};
}

const flowbench::Register workload{"await_chain", run};

} // namespace
} // namespace std_thread
