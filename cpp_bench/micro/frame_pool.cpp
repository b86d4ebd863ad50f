// Memory for coroutine frames: one at a time, and many alive at once.

#include <flowcoro/mem/frame_pool.hpp>
#include <vector>

#include "per_op.hpp"

namespace flowcoro_micro {
namespace {

using flowcoro::FrameArena;
using flowcoro::FrameCache;

constexpr std::size_t frame_bytes = 96;

void frame_allocate_free(benchmark::State& state) {
  FrameArena arena;
  FrameCache cache(arena);
  for (auto _ : state) {
    void* const frame = cache.allocate(frame_bytes);
    benchmark::DoNotOptimize(frame);
    cache.deallocate(frame, frame_bytes);
  }
}

void frames_allocate_all_free_all(benchmark::State& state) {
  FrameArena arena;
  FrameCache cache(arena);
  std::vector<void*> frames(static_cast<std::size_t>(state.range(0)));
  std::size_t mapped_after_first = 0;
  for (auto _ : state) {
    for (void*& frame : frames) frame = cache.allocate(frame_bytes);
    for (void* const frame : frames) cache.deallocate(frame, frame_bytes);
    if (mapped_after_first == 0) mapped_after_first = arena.mapped_bytes();
  }
  // Later rounds must live on what the first one freed.
  if (!check(state, arena.mapped_bytes() == mapped_after_first)) return;
  report_per_op(state, frames.size());
}

// What a frame costs that is made on one worker and ends on another.
void frames_freed_in_another_cache(benchmark::State& state) {
  FrameArena arena;
  FrameCache maker(arena);
  FrameCache ender(arena);
  std::vector<void*> frames(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    for (void*& frame : frames) frame = maker.allocate(frame_bytes);
    for (void* const frame : frames) ender.deallocate(frame, frame_bytes);
  }
  // What the ender keeps back is bounded; all else came back to the maker, or this would grow with the iterations.
  constexpr std::size_t bound = 8 << 20U;
  if (!check(state, arena.mapped_bytes() < bound)) return;
  report_per_op(state, frames.size());
}

BENCHMARK(frame_allocate_free);
BENCHMARK(frames_allocate_all_free_all)->ArgName("frames")->Arg(1'000)->Arg(100'000);
BENCHMARK(frames_freed_in_another_cache)->ArgName("frames")->Arg(1'000);

} // namespace
} // namespace flowcoro_micro
