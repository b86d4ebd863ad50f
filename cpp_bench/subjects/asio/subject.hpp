#pragma once
// Boost.Asio's coroutines on its thread_pool, with the library's own settings. An io_context that as many threads run is the
// same scheduler under another name, and one for each thread was no faster. Frames are recycled as Asio does by default: a
// larger cache made spawning slower, and none made awaiting slower. `deferred` is the completion token, because
// use_awaitable makes a coroutine of its own for each operation.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/system/error_code.hpp>

#include <cstdint>
#include <exception>
#include <utility>

#include "flowbench_kit/subject.hpp"
#include "join.hpp"

struct flowbench::Runtime {
  explicit Runtime(unsigned workers) : pool(workers) {}
  boost::asio::thread_pool pool;
};

namespace asio_subject {

namespace asio = boost::asio;

using flowbench::Finished;
using flowbench::Outcome;
using flowbench::Phase;
using flowbench::Runtime;

template <class T>
using Awaitable = asio::awaitable<T, Executor>;

/// Blocks until the root task has ended. It runs on the pool, so what it posts need not come from outside.
inline Finished run_root(Runtime& runtime, Awaitable<Finished> root) {
  return asio::co_spawn(runtime.pool, std::move(root), asio::use_future).get();
}

/// The first step of every task that is spawned: co_spawn alone runs a coroutine at once, on the thread that spawns it.
inline auto to_pool() { return asio::post(asio::deferred); }

/// Starts a task. Its value goes to `result`, its end to `join`; both outlive it.
template <class T>
void spawn(const Executor& executor, Awaitable<T> task, T& result, Join& join) {
  asio::co_spawn(executor, std::move(task), [&result, &join](const std::exception_ptr& error, T value) {
    if (error) std::rethrow_exception(error); // out of the pool's thread: the trial has crashed
    result = std::move(value);
    join.finish();
  });
}

template <class AnyExecutor>
void spawn(const AnyExecutor& executor, asio::awaitable<void, AnyExecutor> task, Join& join) {
  asio::co_spawn(executor, std::move(task), [&join](const std::exception_ptr& error) {
    if (error) std::rethrow_exception(error);
    join.finish();
  });
}

} // namespace asio_subject
