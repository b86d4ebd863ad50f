#pragma once
/// schedule_coroutine_enhanced() and its like: functions over the process-wide CoroutinePool and CoroutineManager, which have headers of
/// their own.
#include "flowcoro/sched/manual_scheduler.hpp"

#include <coroutine>
#include <functional>
#include <ostream>
#include <stop_token>
#include <thread>

namespace flowcoro {

/// Resumes a suspended coroutine once, on the thread of the pool's scheduler that has the least to do. The first call makes the pool. An
/// empty handle is ignored. Threads: any. Throws RuntimeStopped after shutdown_coroutine_pool(), std::bad_alloc.
void schedule_coroutine_enhanced(std::coroutine_handle<> handle);
/// Calls `task()` there.
void schedule_task_enhanced(std::function<void()> task);
/// The calling thread takes a turn for each scheduler of the pool whose own thread is not at it. \return what it did.
Driven drive_coroutine_pool();
/// One line for the pool and one for each of its schedulers, or one that says that there is none. Makes none. Threads: any.
void print_pool_stats(std::ostream& out);
/// The pool takes no more, runs what it took, and ends its threads. No effect before the pool was made. Idempotent. Blocks.
void shutdown_coroutine_pool() noexcept;

/// Drives the CoroutineManager on this thread until stop is requested; sleeps while there is nothing to do.
void run_coroutine_manager(const std::stop_token& stop);
/// The same on a thread of its own, which ends with the result.
[[nodiscard]] std::jthread start_coroutine_manager();

} // namespace flowcoro
