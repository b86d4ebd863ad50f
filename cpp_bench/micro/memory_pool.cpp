// A MemoryPool of 64-byte blocks: on one thread, on two at once, and with a limit.

#include <cstdint>
#include <flowcoro/mem/memory_pool.hpp>
#include <optional>
#include <vector>

#include "per_op.hpp"

namespace flowcoro_micro {
namespace {

using flowcoro::MemoryPool;

constexpr std::size_t block_bytes = 64;
constexpr std::size_t first_blocks = 100;

/// What `max_blocks` there may be decides whether threads keep free blocks of their own.
template <std::size_t max_blocks>
void pairs(benchmark::State& state) {
  static std::optional<MemoryPool> pool; // made by thread 0, which stays until the other one has left the loop
  const auto thread = static_cast<std::uint64_t>(state.thread_index());
  if (thread == 0) pool.emplace(block_bytes, first_blocks, flowcoro::MemoryPoolOptions{.max_blocks = max_blocks});
  std::uint64_t done = 0;
  std::uint64_t own = 0;
  for (auto _ : state) {
    auto* block = static_cast<std::uint64_t*>(pool->allocate());
    *block = thread;
    benchmark::DoNotOptimize(block);
    own += *block == thread ? 1U : 0U;
    pool->deallocate(block);
    ++done;
  }
  report_own_ops(state, done);
  // Nobody else wrote to the block meanwhile, and one block for each thread was enough.
  static_cast<void>(check(state, own == done && pool->capacity() == first_blocks));
}

void memory_pool_pair(benchmark::State& state) { pairs<0>(state); }
void memory_pool_with_limit_pair(benchmark::State& state) { pairs<first_blocks>(state); }

/// As many as the pool that this one is named after was asked for.
void memory_pool_20000_blocks(benchmark::State& state) {
  MemoryPool pool(block_bytes, first_blocks);
  std::vector<std::uint64_t*> blocks(20'000);
  for (auto _ : state) {
    std::uint64_t number = 0;
    for (std::uint64_t*& block : blocks) {
      block = static_cast<std::uint64_t*>(pool.allocate());
      *block = number++;
    }
    std::uint64_t sum = 0;
    for (std::uint64_t* const block : blocks) {
      sum += *block;
      pool.deallocate(block);
    }
    if (!check(state, sum == number * (number - 1) / 2)) break;
  }
  report_per_op(state, blocks.size());
}

BENCHMARK(memory_pool_pair)->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK(memory_pool_with_limit_pair)->Threads(1)->Threads(2)->UseRealTime();
BENCHMARK(memory_pool_20000_blocks);

} // namespace
} // namespace flowcoro_micro
