// A SharedMutex: readers and writers that find it free, and readers that wait for a writer.

#include <flowcoro/flowcoro.hpp>
#include <vector>

#include "per_op.hpp"

namespace flowcoro_micro {
namespace {

using flowcoro::Lazy;

constexpr std::uint64_t locks = 10'000;

Lazy<std::uint64_t> read_alone() {
  flowcoro::SharedMutex mutex;
  std::uint64_t count = 0;
  for (std::uint64_t i = 0; i < locks; ++i) {
    auto lock = co_await mutex.lock_shared();
    ++count;
  }
  co_return count;
}
Lazy<std::uint64_t> write_alone() {
  flowcoro::SharedMutex mutex;
  std::uint64_t count = 0;
  for (std::uint64_t i = 0; i < locks; ++i) {
    auto lock = co_await mutex.lock();
    ++count;
  }
  co_return count;
}

constexpr std::uint64_t readers = 10;

Lazy<void> read(flowcoro::SharedMutex* mutex, const std::uint64_t* written, std::uint64_t* seen) {
  for (std::uint64_t i = 0; i < locks / readers; ++i) {
    auto lock = co_await mutex->lock_shared();
    *seen += *written > 0 ? 1 : 0;
    co_await flowcoro::yield();
  }
}
Lazy<void> write(flowcoro::SharedMutex* mutex, std::uint64_t* written) {
  for (std::uint64_t i = 0; i < locks / readers; ++i) {
    auto lock = co_await mutex->lock();
    ++*written;
    co_await flowcoro::yield();
  }
}
Lazy<std::uint64_t> read_and_write() {
  flowcoro::SharedMutex mutex;
  std::uint64_t written = 0;
  std::uint64_t seen = 0;
  std::vector<Lazy<void>> all;
  all.reserve(readers + 1);
  all.push_back(write(&mutex, &written));
  for (std::uint64_t i = 0; i < readers; ++i) all.push_back(read(&mutex, &written, &seen));
  auto joined = flowcoro::when_all(std::move(all));
  co_await joined;
  co_return written == locks / readers ? seen : 0;
}

void shared_mutex_read(benchmark::State& state) {
  flowcoro::Runtime runtime({.workers = 1});
  for (auto _ : state) {
    if (!check(state, flowcoro::sync_wait(runtime, read_alone()) == locks)) break;
  }
  report_per_op(state, locks);
}

void shared_mutex_write(benchmark::State& state) {
  flowcoro::Runtime runtime({.workers = 1});
  for (auto _ : state) {
    if (!check(state, flowcoro::sync_wait(runtime, write_alone()) == locks)) break;
  }
  report_per_op(state, locks);
}

void shared_mutex_readers_and_a_writer(benchmark::State& state) {
  flowcoro::Runtime runtime({.workers = 1});
  for (auto _ : state) {
    if (!check(state, flowcoro::sync_wait(runtime, read_and_write()) == locks)) break;
  }
  report_per_op(state, locks + locks / readers);
}

BENCHMARK(shared_mutex_read)->UseRealTime()->MeasureProcessCPUTime();
BENCHMARK(shared_mutex_write)->UseRealTime()->MeasureProcessCPUTime();
BENCHMARK(shared_mutex_readers_and_a_writer)->UseRealTime()->MeasureProcessCPUTime();

} // namespace
} // namespace flowcoro_micro
