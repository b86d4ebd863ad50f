// What a pool adds to a task that is spawned, and what a batch saves: the whole way with the result, and the submission alone.

#include <ctime>
#include <flowcoro/flowcoro.hpp>
#include <flowcoro/pool/coroutine_pool.hpp>
#include <vector>

#include "flowbench_kit/mix.hpp"
#include "per_op.hpp"

namespace flowcoro_micro {
namespace {

using flowcoro::Lazy;
using flowcoro::Task;
using flowcoro::pool::CoroutinePool;
using flowcoro::pool::CoroutinePoolConfig;
using flowcoro::pool::TaskHandle;

constexpr std::size_t limit = 64;

Lazy<std::uint64_t> mix_task(std::uint64_t x) { co_return flowbench::mix(x); }

/// A batch is of functions without arguments.
struct MixFunction {
  std::uint64_t x;
  std::uint64_t operator()() const { return flowbench::mix(x); }
};

/// Of the calling thread, in s: what others do on the machine is not in it.
double cpu_time() {
  timespec time{};
  static_cast<void>(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time));
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

struct Joined {
  std::uint64_t sum = 0;
  double submission = 0; // CPU time in s
};

/// As spawn_coroutines, without the pool.
Lazy<Joined> spawn_alone(CoroutinePool& /*pool*/, std::uint64_t count) {
  std::vector<Task<std::uint64_t>> tasks;
  tasks.reserve(count);
  const double start = cpu_time();
  for (std::uint64_t i = 0; i < count; ++i) tasks.push_back(flowcoro::spawn(mix_task, i));
  Joined joined{.submission = cpu_time() - start};
  for (Task<std::uint64_t>& task : tasks) joined.sum += co_await task;
  co_return joined;
}

Lazy<std::uint64_t> sum_of(std::vector<TaskHandle<std::uint64_t>> handles) {
  std::uint64_t sum = 0;
  for (TaskHandle<std::uint64_t>& handle : handles) sum += co_await handle;
  co_return sum;
}

/// `spawn(i)` submits task i, one after the other.
template <class Spawn>
Lazy<Joined> spawn_in_pool(std::uint64_t count, Spawn spawn) {
  std::vector<TaskHandle<std::uint64_t>> handles;
  handles.reserve(count);
  const double start = cpu_time();
  for (std::uint64_t i = 0; i < count; ++i) {
    auto spawning = spawn(i);
    auto taken = co_await spawning;
    handles.push_back(std::move(taken).unwrap());
  }
  Joined joined{.submission = cpu_time() - start};
  Lazy<std::uint64_t> sum = sum_of(std::move(handles));
  joined.sum = co_await sum;
  co_return joined;
}

Lazy<Joined> spawn_coroutines(CoroutinePool& pool, std::uint64_t count) {
  return spawn_in_pool(count, [&pool](std::uint64_t i) { return pool.spawn(mix_task, i); });
}
Lazy<Joined> spawn_functions(CoroutinePool& pool, std::uint64_t count) {
  return spawn_in_pool(count, [&pool](std::uint64_t i) { return pool.spawn(MixFunction{i}); });
}

Lazy<Joined> spawn_batch_in_pool(CoroutinePool& pool, std::uint64_t count) {
  const double start = cpu_time();
  std::vector<MixFunction> functions;
  functions.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) functions.push_back({i});
  auto batch = pool.spawn_batch(std::move(functions));
  auto result = co_await batch;
  Joined joined{.submission = cpu_time() - start};
  Lazy<std::uint64_t> sum = sum_of(std::move(result.handles));
  joined.sum = co_await sum;
  co_return joined;
}

/// The counter `submission` is the CPU time until all were submitted, for each; CPU is that of the whole.
template <class Root>
void run(benchmark::State& state, Root root) {
  flowcoro::Runtime runtime({.workers = static_cast<unsigned>(state.range(0))});
  const auto tasks = static_cast<std::uint64_t>(state.range(1));
  CoroutinePoolConfig config;
  config.max_coroutines = limit;
  config.min_coroutines = limit;
  config.work_stealing_queue_size = tasks;
  CoroutinePool pool{config, runtime};
  std::uint64_t expected = 0;
  for (std::uint64_t i = 0; i < tasks; ++i) expected += flowbench::mix(i);
  double submission = 0;
  for (auto _ : state) {
    const Joined joined = flowcoro::sync_wait(runtime, root(pool, tasks));
    submission += joined.submission;
    if (!check(state, joined.sum == expected)) break;
  }
  report_per_op(state, tasks);
  state.counters["submission"] =
      benchmark::Counter(submission / static_cast<double>(tasks), benchmark::Counter::kAvgIterations);
}

void pool_none_spawn_join(benchmark::State& state) { run(state, spawn_alone); }
void pool_spawn_join(benchmark::State& state) { run(state, spawn_coroutines); }
void pool_single_join(benchmark::State& state) { run(state, spawn_functions); }
void pool_batch_join(benchmark::State& state) { run(state, spawn_batch_in_pool); }

void sizes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"workers", "tasks"})
      ->ArgsProduct({{1, 2}, {1'000, 100'000}})
      ->UseRealTime()
      ->MeasureProcessCPUTime();
}
BENCHMARK(pool_none_spawn_join)->Apply(sizes);
BENCHMARK(pool_spawn_join)->Apply(sizes);
BENCHMARK(pool_single_join)->Apply(sizes);
BENCHMARK(pool_batch_join)->Apply(sizes);

} // namespace
} // namespace flowcoro_micro
