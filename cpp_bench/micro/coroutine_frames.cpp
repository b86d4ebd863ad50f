// Real coroutines, made, run and destroyed, with their frames in the memory that all tasks share, in a BoundedFramePool, and on
// the heap; and how long single allocations of a frame take. All on workers, where tasks run.

#include <flowcoro/base/cache_line.hpp>
#include <flowcoro/flowcoro.hpp>
#include <flowcoro/park/spin_lock.hpp>

#include <array>
#include <atomic>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "flowbench_kit/mix.hpp"
#include "latencies.hpp"
#include "per_op.hpp"

namespace flowcoro_micro {
namespace {

struct SharedFrames {
  [[nodiscard]] static void* allocate(std::size_t bytes) { return flowcoro::allocate_frame(bytes); }
  static void deallocate(void* frame, std::size_t bytes) noexcept { flowcoro::deallocate_frame(frame, bytes); }
};
struct BoundedFrames {
  [[nodiscard]] static void* allocate(std::size_t bytes) { return flowcoro::default_frame_pool().allocate(bytes); }
  static void deallocate(void* frame, std::size_t bytes) noexcept {
    flowcoro::default_frame_pool().deallocate(frame, bytes);
  }
};
struct HeapFrames {
  [[nodiscard]] static void* allocate(std::size_t bytes) { return ::operator new(bytes); }
  static void deallocate(void* frame, std::size_t bytes) noexcept { ::operator delete(frame, bytes); }
};

/// A coroutine without a scheduler, so that its frame is most of what it costs.
template <class Memory>
class Coroutine {
 public:
  struct promise_type {
    static void* operator new(std::size_t bytes) { return Memory::allocate(bytes); }
    static void operator delete(void* frame, std::size_t bytes) noexcept { Memory::deallocate(frame, bytes); }
    // clang asks for these first; nothing here is aligned to more than 16.
    static void* operator new(std::size_t bytes, std::align_val_t) { return Memory::allocate(bytes); }
    static void operator delete(void* frame, std::size_t bytes, std::align_val_t) noexcept {
      Memory::deallocate(frame, bytes);
    }
    Coroutine get_return_object() noexcept { return Coroutine{Handle::from_promise(*this)}; }
    static std::suspend_always initial_suspend() noexcept { return {}; }
    static std::suspend_always final_suspend() noexcept { return {}; }
    void return_value(std::uint64_t result) noexcept { value = result; }
    static void unhandled_exception() noexcept { std::terminate(); }
    std::uint64_t value = 0;
  };
  using Handle = std::coroutine_handle<promise_type>;

  Coroutine(Coroutine&& other) noexcept : handle_{std::exchange(other.handle_, nullptr)} {}
  Coroutine& operator=(Coroutine&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  Coroutine(const Coroutine&) = delete;
  Coroutine& operator=(const Coroutine&) = delete;
  ~Coroutine() {
    if (handle_) handle_.destroy();
  }

  /// To its next wait, or its end.
  void resume() { handle_.resume(); }
  [[nodiscard]] std::uint64_t result() const noexcept { return handle_.promise().value; }

 private:
  explicit Coroutine(Handle handle) noexcept : handle_{handle} {}
  Handle handle_;
};

/// Keeps some state across one wait, as a task would.
/// Not inlined, or the compiler puts the frame on the stack of its caller.
template <class Memory>
[[gnu::noinline]] Coroutine<Memory> mix_twice(std::uint64_t number) {
  std::array<std::uint64_t, 4> kept{number, flowbench::mix(number), number + 1, flowbench::mix(number + 1)};
  benchmark::DoNotOptimize(kept);
  co_await std::suspend_always{};
  co_return kept[1] + kept[3];
}
std::uint64_t answer(std::uint64_t number) { return flowbench::mix(number) + flowbench::mix(number + 1); }

/// Calls `loop` on the worker of a runtime.
template <class F>
void on_worker(F loop) {
  std::atomic<bool> done{false}; // before the runtime, whose end joins the task
  flowcoro::Runtime runtime({.workers = 1});
  const auto task = flowcoro::spawn_on(runtime, [&loop, &done] {
    loop();
    // release: pairs with the acquire below; what the loop wrote is the caller's then.
    done.store(true, std::memory_order_release);
    done.notify_one();
  });
  done.wait(false, std::memory_order_acquire); // sync_wait would run the loop on this thread
}

template <class Memory>
void coroutine_frame_create_run_destroy(benchmark::State& state) {
  constexpr std::uint64_t coroutines = 1'000;
  std::uint64_t sum = 0;
  std::uint64_t expected = 0;
  std::uint64_t rounds = 0;
  for (std::uint64_t i = 0; i < coroutines; ++i) expected += answer(i);
  on_worker([&] {
    for (auto _ : state) {
      for (std::uint64_t i = 0; i < coroutines; ++i) {
        Coroutine<Memory> coroutine = mix_twice<Memory>(i);
        coroutine.resume();
        coroutine.resume();
        sum += coroutine.result();
      }
      ++rounds;
    }
  });
  report_own_ops(state, rounds * coroutines);
  static_cast<void>(check(state, sum == rounds * expected));
}

/// All alive at once, as those of tasks that wait. Those of two threads are no more than a BoundedFramePool keeps.
template <class Memory>
void coroutine_frames_create_all_run_destroy_all(benchmark::State& state) {
  constexpr std::uint64_t coroutines = 500;
  std::uint64_t sum = 0;
  std::uint64_t expected = 0;
  std::uint64_t rounds = 0;
  for (std::uint64_t i = 0; i < coroutines; ++i) expected += answer(i);
  std::vector<Coroutine<Memory>> alive;
  alive.reserve(coroutines);
  on_worker([&] {
    for (auto _ : state) {
      for (std::uint64_t i = 0; i < coroutines; ++i) alive.push_back(mix_twice<Memory>(i));
      for (auto& coroutine : alive) coroutine.resume();
      for (auto& coroutine : alive) {
        coroutine.resume();
        sum += coroutine.result();
      }
      alive.clear();
      ++rounds;
    }
  });
  report_own_ops(state, rounds * coroutines);
  static_cast<void>(check(state, sum == rounds * expected));
}

/// One worker makes and starts them, another one ends and destroys them; each waits when it is a few batches ahead of the other.
template <class Memory>
struct Handover {
  static constexpr std::uint64_t batch = 200;
  static constexpr std::uint64_t window = 4;

  std::array<std::vector<Coroutine<Memory>>, window> batches;
  alignas(flowcoro::cache_line_bytes) std::atomic<std::uint64_t> made{0};
  alignas(flowcoro::cache_line_bytes) std::atomic<std::uint64_t> ended{0};
  std::uint64_t sum = 0; // the ender's

  Handover() {
    for (auto& coroutines : batches) coroutines.reserve(batch);
  }

  // release and acquire in both: the frames, and the batch that lists them, go to the other thread.
  void make(std::uint64_t round) {
    flowcoro::SpinWait wait;
    while (ended.load(std::memory_order_acquire) + window <= round) wait.once();
    auto& coroutines = batches[round % window];
    for (std::uint64_t i = 0; i < batch; ++i) {
      coroutines.push_back(mix_twice<Memory>(i));
      coroutines.back().resume();
    }
    made.store(round + 1, std::memory_order_release);
  }
  void end(std::uint64_t round) {
    flowcoro::SpinWait wait;
    while (made.load(std::memory_order_acquire) <= round) wait.once();
    auto& coroutines = batches[round % window];
    for (auto& coroutine : coroutines) {
      coroutine.resume();
      sum += coroutine.result();
    }
    coroutines.clear();
    ended.store(round + 1, std::memory_order_release);
  }
};

template <class Memory>
void coroutine_frames_destroyed_on_another_thread(benchmark::State& state) {
  // Made by thread 0, seen by the other one from the begin of the loop on. It stays until the next run: one of the two leaves last.
  static std::optional<Handover<Memory>> shared;
  const bool makes = state.thread_index() == 0;
  if (makes) shared.emplace();
  std::uint64_t round = 0;
  on_worker([&] {
    for (auto _ : state) {
      if (makes)
        shared->make(round);
      else
        shared->end(round);
      ++round;
    }
  });
  report_own_ops(state, makes ? round * Handover<Memory>::batch : 0);
  if (makes) return;
  std::uint64_t expected = 0;
  for (std::uint64_t i = 0; i < Handover<Memory>::batch; ++i) expected += answer(i);
  static_cast<void>(check(state, shared->sum == round * expected));
}

/// Bursts of 256 that live at once, so that among the allocations are those that a list runs out in. The first bursts are not
/// measured.
template <class Memory>
void frame_allocation_latency(benchmark::State& state) {
  constexpr std::size_t bytes = 96;
  std::array<void*, 256> blocks{};
  Latencies latencies;
  bool right = true;
  double clock = 0;
  const auto burst = [&](bool measured) {
    for (void*& block : blocks) {
      const flowcoro::SteadyTime before = flowcoro::steady_now();
      block = Memory::allocate(bytes);
      benchmark::DoNotOptimize(block);
      const flowcoro::SteadyTime after = flowcoro::steady_now();
      if (measured) latencies.add(after - before);
      *static_cast<void**>(block) = block;
    }
    for (void* block : blocks) {
      right = right && *static_cast<void**>(block) == block;
      Memory::deallocate(block, bytes);
    }
  };
  on_worker([&] {
    for (int i = 0; i < 100; ++i) burst(false);
    for (auto _ : state) burst(true);
    clock = clock_reading();
  });
  latencies.report(state);
  state.counters["p99_99"] = latencies.percentile(0.9999);
  state.counters["clock"] = clock;
  static_cast<void>(check(state, right));
}

template <class Memory>
void register_with(const std::string& memory) {
  const auto named = [&memory](const char* name) { return name + ("/" + memory); };
  benchmark::RegisterBenchmark(named("coroutine_frame_create_run_destroy").c_str(),
                               coroutine_frame_create_run_destroy<Memory>)
      ->Threads(1)
      ->Threads(2)
      ->UseRealTime();
  benchmark::RegisterBenchmark(named("coroutine_frames_create_all_run_destroy_all").c_str(),
                               coroutine_frames_create_all_run_destroy_all<Memory>)
      ->Threads(1)
      ->Threads(2)
      ->UseRealTime();
  benchmark::RegisterBenchmark(named("coroutine_frames_destroyed_on_another_thread").c_str(),
                               coroutine_frames_destroyed_on_another_thread<Memory>)
      ->Threads(2)
      ->UseRealTime();
  benchmark::RegisterBenchmark(named("frame_allocation_latency").c_str(), frame_allocation_latency<Memory>)
      ->UseRealTime();
}

[[maybe_unused]] const bool registered = [] {
  register_with<SharedFrames>("shared");
  register_with<BoundedFrames>("bounded");
  register_with<HeapFrames>("heap");
  return true;
}();

} // namespace
} // namespace flowcoro_micro
