// From a request to stop to the coroutine that waits: until its wait is over, and until its handler has the exception.

#include <chrono>
#include <coroutine>
#include <flowcoro/flowcoro.hpp>

#include "latencies.hpp"
#include "per_op.hpp"
#include "sleeping_worker.hpp"

namespace flowcoro_micro {
namespace {

using flowcoro::Lazy;
using flowcoro::steady_now;
using flowcoro::SteadyTime;
using flowcoro::Task;

/// A sleep that notes when it is over, before it throws.
struct TimedSleep {
  decltype(flowcoro::sleep_for(std::chrono::hours{1})) sleep;
  SteadyTime& resumed;

  [[nodiscard]] bool await_ready() const noexcept { return sleep.await_ready(); }
  template <class P>
  [[nodiscard]] auto await_suspend(std::coroutine_handle<P> waiter) {
    return sleep.await_suspend(waiter);
  }
  void await_resume() {
    resumed = steady_now();
    sleep.await_resume();
  }
};

struct Stopped {
  SteadyTime resumed;
  SteadyTime caught;
};

Task<Stopped> sleep_until_stopped() {
  Stopped times;
  TimedSleep sleep{flowcoro::sleep_for(std::chrono::hours{1}), times.resumed};
  try {
    co_await sleep;
  } catch (const flowcoro::OperationCancelled&) {
    times.caught = steady_now();
  }
  co_return times;
}
Lazy<void> sleep_on_worker(Stopped* times) {
  Task<Stopped> sleeper = sleep_until_stopped();
  *times = co_await sleeper;
}

struct StopLatencies {
  Latencies resume;
  Latencies handle;

  /// \return whether what happened happened in this order.
  [[nodiscard]] bool add(SteadyTime requested, const Stopped& times) {
    resume.add(times.resumed - requested);
    handle.add(times.caught - requested);
    return requested <= times.resumed && times.resumed <= times.caught;
  }
  void report(benchmark::State& state) {
    resume.report(state);
    state.counters["caught_p50"] = handle.percentile(0.5);
  }
};

constexpr int stops = 1'000;

Lazy<bool> stop_many(StopLatencies* latencies) {
  bool right = true;
  for (int i = 0; i < stops; ++i) {
    Task<Stopped> sleeper = sleep_until_stopped();
    const SteadyTime requested = steady_now();
    sleeper.request_stop();
    const Stopped times = co_await sleeper;
    right = latencies->add(requested, times) && right;
  }
  co_return right;
}

/// Who asks and who waits are on one worker.
void stop_request_to_resume(benchmark::State& state) {
  flowcoro::Runtime runtime({.workers = 1});
  StopLatencies latencies;
  for (auto _ : state) {
    if (!check(state, flowcoro::sync_wait(runtime, stop_many(&latencies)))) break;
  }
  latencies.report(state);
}

/// The worker of who waits sleeps, and a thread that is no worker asks.
void stop_request_to_resume_of_sleeping_worker(benchmark::State& state) {
  flowcoro::Runtime runtime({.workers = 1});
  StopLatencies latencies;
  for (auto _ : state) {
    Stopped times{};
    Task<void> task;
    SteadyTime requested{};
    until_asleep_again(runtime, [&] { task = flowcoro::spawn_on(runtime, sleep_on_worker, &times); });
    until_asleep_again(runtime, [&] {
      requested = steady_now();
      task.request_stop();
      until_done(task);
    });
    if (!check(state, latencies.add(requested, times))) break;
  }
  latencies.report(state);
}

BENCHMARK(stop_request_to_resume)->UseRealTime();
BENCHMARK(stop_request_to_resume_of_sleeping_worker)->UseRealTime();

} // namespace
} // namespace flowcoro_micro
