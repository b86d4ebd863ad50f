// 1,000 awaitables, each suspended until its child has returned; the deepest goes through the pool's queue once.

#include <algorithm>

#include "flowbench_kit/mix.hpp"
#include "flowbench_kit/shape.hpp"
#include "subject.hpp"

namespace asio_subject {
namespace {

struct Result {
  std::uint64_t sum;
  std::uint64_t levels;
};

Awaitable<Result> level(std::uint64_t x, std::uint64_t levels_below) {
  if (levels_below == 0) {
    co_await asio::post(asio::deferred);
    co_return Result{flowbench::mix(x), 1};
  }
  Awaitable<Result> child = level(x + 1, levels_below - 1);
  const Result below = co_await std::move(child);
  co_return Result{flowbench::mix(x) + below.sum, below.levels + 1};
}

Awaitable<Finished> root(const Phase* phase) {
  Finished result{.completed = 0, .answer = 0};
  for (std::uint64_t first = 0; first < phase->tasks; first += flowbench::chain_depth) {
    const std::uint64_t levels = std::min(flowbench::chain_depth, phase->tasks - first);
    Awaitable<Result> chain = level(phase->seed + first, levels - 1);
    const Result joined = co_await std::move(chain);
    result.answer += joined.sum;
    result.completed += joined.levels;
  }
  co_return result;
}

Outcome run(Runtime& runtime, const Phase& phase) { return run_root(runtime, root(&phase)); }

const flowbench::Register workload{"await_chain", run};

} // namespace
} // namespace asio_subject
