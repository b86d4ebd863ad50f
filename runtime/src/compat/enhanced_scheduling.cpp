#include "flowcoro/compat/enhanced_scheduling.hpp"

#include "flowcoro/compat/coroutine_manager.hpp"
#include "flowcoro/compat/coroutine_scheduler.hpp"

#include <utility>

namespace flowcoro {

void schedule_coroutine_enhanced(std::coroutine_handle<> handle) {
  CoroutinePool::get_instance().schedule_coroutine(handle);
}

void schedule_task_enhanced(std::function<void()> task) {
  CoroutinePool::get_instance().schedule_task(std::move(task));
}

Driven drive_coroutine_pool() { return CoroutinePool::get_instance().drive(); }

void print_pool_stats(std::ostream& out) {
  if (const CoroutinePool* pool = CoroutinePool::instance_if_made())
    pool->print_stats(out);
  else
    out << "coroutine pool: none\n";
}

void shutdown_coroutine_pool() noexcept {
  if (CoroutinePool* pool = CoroutinePool::instance_if_made()) pool->stop();
}

void run_coroutine_manager(const std::stop_token& stop) {
  ManualScheduler& scheduler = CoroutineManager::get_instance().scheduler();
  const std::stop_callback wake{stop, [&scheduler] { scheduler.wake(); }};
  scheduler.run_until([&stop] { return stop.stop_requested(); });
}

std::jthread start_coroutine_manager() { return std::jthread{&run_coroutine_manager}; }

} // namespace flowcoro
