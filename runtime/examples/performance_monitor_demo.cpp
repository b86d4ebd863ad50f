/// A runtime that is watched while it works: 350 tasks, 100 of which sleep, and what its counters say afterwards.
#include <flowcoro.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <iostream>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

std::uint64_t compute(std::uint64_t x) {
  for (int round = 0; round < 300; ++round) x = x * 6'364'136'223'846'793'005u + 1;
  return x;
}

flowcoro::Lazy<void> yield_often() {
  for (int i = 0; i < 10; ++i) co_await flowcoro::yield();
}

flowcoro::Lazy<void> add_one(flowcoro::AsyncMutex& mutex, int& sum) {
  const auto guard = co_await mutex.lock();
  ++sum;
}

flowcoro::Lazy<void> await_another() {
  auto other = flowcoro::spawn(compute, 1u);
  co_await other;
}

flowcoro::Lazy<void> work() {
  flowcoro::AsyncMutex mutex;
  int sum = 0;
  std::vector<flowcoro::Task<void>> tasks;
  for (int i = 0; i < 50; ++i) {
    tasks.push_back(flowcoro::spawn(await_another)); // two tasks each
    tasks.push_back(flowcoro::spawn(yield_often));
    tasks.push_back(flowcoro::spawn(add_one, std::ref(mutex), std::ref(sum)));
    tasks.push_back(flowcoro::spawn([] { compute(2u); }));
  }
  for (int i = 0; i < 100; ++i)
    tasks.push_back(flowcoro::spawn([i]() -> flowcoro::Lazy<void> { co_await flowcoro::sleep_for(1ms + i * 90us); }));
  auto all = flowcoro::when_all(std::move(tasks));
  co_await all;
}

int main() {
  flowcoro::Runtime runtime{{.workers = 2}};
  const flowcoro::Snapshot before = flowcoro::take_snapshot(runtime);
  flowcoro::sync_wait(runtime, work());
  const flowcoro::Snapshot after = flowcoro::take_snapshot(runtime);

  const flowcoro::WorkerCounts tasks = after.workers.total();
  const flowcoro::TimerStats timers = after.workers.timers();
  const flowcoro::Nanoseconds time = after.at - before.at;
  std::cout << tasks.submitted << " tasks: " << tasks.completed << " completed, " << tasks.failed << " failed, "
            << tasks.cancelled << " cancelled, " << after.alive() << " alive\n"
            << timers.fired << " timer events, all but one in a hundred at most " << timers.lateness.percentile(0.99)
            << "ns late\n"
            << tasks.completed * 1'000'000'000 / static_cast<std::uint64_t>(time.count()) << "/s completed in "
            << time.count() << "ns\n";
  return tasks.completed == 350 && timers.fired == 100 ? 0 : 1;
}
