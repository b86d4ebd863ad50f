// An asynchronous mutex made of a concurrent_channel with one place, which is full while a task holds it. A strand, Asio's
// other way, queues each critical section as a handler of its own even when nobody else wants it.

#include <boost/asio/experimental/concurrent_channel.hpp>

#include "flowbench_kit/mix.hpp"
#include "subject.hpp"

namespace asio_subject {
namespace {

using boost::system::error_code;

class AsyncMutex {
 public:
  explicit AsyncMutex(const Executor& executor) : place_(executor, 1) {}

  [[nodiscard]] bool try_lock() { return place_.try_send(error_code{}); }
  /// `co_await mutex.lock()`
  [[nodiscard]] auto lock() { return place_.async_send(error_code{}, asio::deferred); }
  /// Hands the mutex to the task that has waited longest.
  void unlock() {
    place_.try_receive([](error_code) {});
  }

 private:
  asio::experimental::concurrent_channel<Executor, void(error_code)> place_;
};

struct Total {
  AsyncMutex mutex;
  std::uint64_t sum = 0;
};

Awaitable<void> task(Total* total, std::uint64_t x) {
  co_await to_pool();
  const std::uint64_t value = flowbench::mix(x);
  if (!total->mutex.try_lock()) co_await total->mutex.lock();
  total->sum += value;
  total->mutex.unlock();
}

Awaitable<Finished> root(Executor executor, const Phase* phase) {
  Total total{.mutex = AsyncMutex(executor)};
  Join join(executor, phase->tasks);
  for (std::uint64_t i = 0; i < phase->tasks; ++i) {
    spawn(executor, task(&total, phase->seed + i), join);
  }
  co_await join.wait();
  co_return Finished{.completed = phase->tasks, .answer = total.sum};
}

Outcome run(Runtime& runtime, const Phase& phase) {
  return run_root(runtime, root(runtime.pool.get_executor(), &phase));
}

const flowbench::Register workload{"mutex", run};

} // namespace
} // namespace asio_subject
