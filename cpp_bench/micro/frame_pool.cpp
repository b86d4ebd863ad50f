// Memory for coroutine frames: one at a time, many alive at once, and freed on another thread than made them. The pool of the
// library, beside what the heap takes for the same.

#include <flowcoro/base/cache_line.hpp>
#include <flowcoro/park/spin_lock.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "frame_memory.hpp"
#include "per_op.hpp"

namespace flowcoro_micro {
namespace {

/// Numbers a new block, as a frame is written to before anything else.
void* numbered(void* block, std::uint64_t number) {
  *static_cast<std::uint64_t*>(block) = number;
  return block;
}
std::uint64_t number_of(const void* block) { return *static_cast<const std::uint64_t*>(block); }

std::uint64_t sum_below(std::uint64_t count) { return count * (count - 1) / 2; }

template <class Memory>
void frame_allocate_free(benchmark::State& state) {
  Memory memory;
  typename Memory::Thread thread{memory};
  for (auto _ : state) {
    void* block = thread.allocate(frame_bytes);
    benchmark::DoNotOptimize(block);
    thread.deallocate(block, frame_bytes);
  }
  report_per_op(state, 1);
}

template <class Memory>
void frames_allocate_all_free_all(benchmark::State& state) {
  Memory memory;
  typename Memory::Thread thread{memory};
  std::vector<void*> frames(static_cast<std::size_t>(state.range(0)));
  std::size_t mapped_after_first = 0;
  for (auto _ : state) {
    for (std::size_t i = 0; i < frames.size(); ++i) frames[i] = numbered(thread.allocate(frame_bytes), i);
    std::uint64_t sum = 0;
    for (void* const frame : frames) {
      sum += number_of(frame);
      thread.deallocate(frame, frame_bytes);
    }
    if (!check(state, sum == sum_below(frames.size()))) return;
    if (mapped_after_first == 0) mapped_after_first = memory.mapped_bytes();
  }
  // Later rounds must live on what the first one freed.
  if (!check(state, memory.mapped_bytes() == mapped_after_first)) return;
  report_per_op(state, frames.size());
}

/// A maker fills batches of blocks, an ender frees them; each waits when it is a few batches ahead of the other.
template <class Memory>
struct Handover {
  static constexpr std::size_t batch = 1'000;
  static constexpr std::size_t window = 4;

  Memory memory;
  std::array<std::vector<void*>, window> batches;
  alignas(flowcoro::cache_line_bytes) std::atomic<std::uint64_t> made{0};
  alignas(flowcoro::cache_line_bytes) std::atomic<std::uint64_t> ended{0};
  std::uint64_t sum = 0; // the ender's

  Handover() {
    for (std::vector<void*>& blocks : batches) blocks.resize(batch);
  }

  // release and acquire in both: the blocks, and the batch that lists them, go to the other thread.
  void make(typename Memory::Thread& thread, std::uint64_t round) {
    flowcoro::SpinWait wait;
    while (ended.load(std::memory_order_acquire) + window <= round) wait.once();
    std::uint64_t number = round * batch;
    for (void*& block : batches[round % window]) block = numbered(thread.allocate(frame_bytes), number++);
    made.store(round + 1, std::memory_order_release);
  }
  void end(typename Memory::Thread& thread, std::uint64_t round) {
    flowcoro::SpinWait wait;
    while (made.load(std::memory_order_acquire) <= round) wait.once();
    for (void* const block : batches[round % window]) {
      sum += number_of(block);
      thread.deallocate(block, frame_bytes);
    }
    ended.store(round + 1, std::memory_order_release);
  }
};

template <class Memory>
void frames_freed_on_another_thread(benchmark::State& state) {
  // Made by thread 0, seen by the other one from the begin of the loop on. It stays until the next run, because only then have
  // both threads given back what they keep.
  static std::optional<Handover<Memory>> shared;
  const bool makes = state.thread_index() == 0;
  if (makes) shared.emplace();
  std::optional<typename Memory::Thread> thread;
  std::uint64_t round = 0;
  for (auto _ : state) {
    if (!thread) thread.emplace(shared->memory);
    if (makes)
      shared->make(*thread, round);
    else
      shared->end(*thread, round);
    ++round;
  }
  report_own_ops(state, makes ? round * Handover<Memory>::batch : 0);
  if (!makes) return;
  // What the ender keeps back is bounded; all else came back to the maker, or this would grow with the iterations.
  constexpr std::size_t bound = 8 << 20U;
  const bool bounded = shared->memory.mapped_bytes() < bound;
  static_cast<void>(check(state, bounded && shared->sum == sum_below(round * Handover<Memory>::batch)));
}

template <class Memory>
void register_with(const std::string& memory) {
  const auto named = [&memory](const char* name) { return name + ("/" + memory); };
  benchmark::RegisterBenchmark(named("frame_allocate_free").c_str(), frame_allocate_free<Memory>);
  benchmark::RegisterBenchmark(named("frames_allocate_all_free_all").c_str(), frames_allocate_all_free_all<Memory>)
      ->ArgName("frames")
      ->Arg(1'000)
      ->Arg(100'000);
  benchmark::RegisterBenchmark(named("frames_freed_on_another_thread").c_str(), frames_freed_on_another_thread<Memory>)
      ->Threads(2)
      ->UseRealTime();
}

[[maybe_unused]] const bool registered = [] {
  register_with<PoolMemory>("pool");
  register_with<MemoryPoolMemory>("memory_pool");
  register_with<GlibcMemory>("glibc");
  if (MimallocMemory::functions().allocate != nullptr) register_with<MimallocMemory>("mimalloc");
  return true;
}();

} // namespace
} // namespace flowcoro_micro
