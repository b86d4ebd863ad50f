// From a request to stop to the handler of a coroutine that waits for a channel or for a mutex. For a sleep: stop.cpp.

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

constexpr int stops = 1'000;

/// What nobody sends.
struct EmptyChannel {
  flowcoro::Channel<int> channel{1};
  Lazy<void> wait() {
    auto receiving = channel.receive();
    static_cast<void>(co_await receiving);
  }
  [[nodiscard]] bool left_alone() {
    int value = 1;
    return channel.try_send(value) == flowcoro::TrySend::sent && channel.try_receive() == 1;
  }
};
/// What nobody unlocks.
struct LockedMutex {
  flowcoro::AsyncMutex mutex;
  LockedMutex() { static_cast<void>(mutex.try_lock()); }
  ~LockedMutex() { mutex.unlock(); }
  LockedMutex(const LockedMutex&) = delete;
  LockedMutex& operator=(const LockedMutex&) = delete;
  Lazy<void> wait() {
    auto locking = mutex.lock();
    auto guard = co_await locking;
  }
  [[nodiscard]] bool left_alone() { return !mutex.try_lock(); }
};

template <class Waited>
Task<SteadyTime> wait_until_stopped(Waited* waited) {
  try {
    co_await waited->wait();
  } catch (const flowcoro::OperationCancelled&) {
    co_return steady_now();
  }
  co_return SteadyTime::min(); // nobody has stopped it
}
template <class Waited>
Lazy<void> wait_on_worker(Waited* waited, SteadyTime* caught) {
  Task<SteadyTime> waiting = wait_until_stopped(waited);
  *caught = co_await waiting;
}

template <class Waited>
Lazy<bool> stop_many(Waited* waited, Latencies* latencies) {
  bool right = true;
  for (int i = 0; i < stops; ++i) {
    Task<SteadyTime> waiting = wait_until_stopped(waited);
    const SteadyTime requested = steady_now();
    waiting.request_stop();
    const SteadyTime caught = co_await waiting;
    right = right && caught >= requested;
    latencies->add(caught - requested);
  }
  co_return right;
}

/// Who asks and who waits are on one worker.
template <class Waited>
void stop_on_one_worker(benchmark::State& state) {
  Waited waited;
  flowcoro::Runtime runtime({.workers = 1});
  Latencies latencies;
  for (auto _ : state) {
    if (!check(state, flowcoro::sync_wait(runtime, stop_many(&waited, &latencies)) && waited.left_alone())) break;
  }
  latencies.report(state);
}

/// The worker of who waits sleeps, and another thread asks.
template <class Waited>
void stop_on_sleeping_worker(benchmark::State& state) {
  Waited waited;
  flowcoro::Runtime runtime({.workers = 1});
  Latencies latencies;
  for (auto _ : state) {
    SteadyTime caught{};
    SteadyTime requested{};
    Task<void> task;
    until_asleep_again(runtime, [&] { task = flowcoro::spawn_on(runtime, wait_on_worker<Waited>, &waited, &caught); });
    until_asleep_again(runtime, [&] {
      requested = steady_now();
      task.request_stop();
      until_done(task);
    });
    if (!check(state, caught >= requested && waited.left_alone())) break;
    latencies.add(caught - requested);
  }
  latencies.report(state);
}

void stop_channel_receiver(benchmark::State& state) { stop_on_one_worker<EmptyChannel>(state); }
void stop_channel_receiver_of_sleeping_worker(benchmark::State& state) { stop_on_sleeping_worker<EmptyChannel>(state); }
void stop_mutex_waiter(benchmark::State& state) { stop_on_one_worker<LockedMutex>(state); }
void stop_mutex_waiter_of_sleeping_worker(benchmark::State& state) { stop_on_sleeping_worker<LockedMutex>(state); }

/// A token that others wait for: they have no exception to catch.
Task<SteadyTime> wait_for(flowcoro::StopToken token) {
  auto stopped = flowcoro::stop_requested(std::move(token));
  co_await stopped;
  co_return steady_now();
}
Lazy<bool> request_many(Latencies* latencies) {
  bool right = true;
  for (int i = 0; i < stops; ++i) {
    flowcoro::StopSource source;
    Task<SteadyTime> waiting = wait_for(source.token());
    const SteadyTime requested = steady_now();
    source.request_stop();
    const SteadyTime woken = co_await waiting;
    right = right && woken >= requested;
    latencies->add(woken - requested);
  }
  co_return right;
}
void stop_requested_to_resume(benchmark::State& state) {
  flowcoro::Runtime runtime({.workers = 1});
  Latencies latencies;
  for (auto _ : state) {
    if (!check(state, flowcoro::sync_wait(runtime, request_many(&latencies)))) break;
  }
  latencies.report(state);
}

BENCHMARK(stop_channel_receiver)->UseRealTime();
BENCHMARK(stop_channel_receiver_of_sleeping_worker)->UseRealTime();
BENCHMARK(stop_mutex_waiter)->UseRealTime();
BENCHMARK(stop_mutex_waiter_of_sleeping_worker)->UseRealTime();
BENCHMARK(stop_requested_to_resume)->UseRealTime();

} // namespace
} // namespace flowcoro_micro
