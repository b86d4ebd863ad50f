#include "flowcoro/compat/coroutine_manager.hpp"

#include "flowcoro/async/sleep.hpp"
#include "flowcoro/async/with_timeout.hpp"
#include "flowcoro/compat/coroutine_scheduler.hpp"
#include "flowcoro/coro/detail/resumable_function.hpp"
#include "flowcoro/mem/frame_pool.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "flowcoro/sched/timer_queue.hpp"
#include "flowcoro/sched/yield.hpp"

#include <exception>
#include <memory>
#include <new>

namespace flowcoro {
namespace {

/// Resumes a coroutine when its timer fires, and ends.
struct Alarm final : detail::ResumableFunction, TimerNode {
  Alarm(Scheduler& on, SteadyTime when, std::coroutine_handle<> of)
      : ResumableFunction{&ring}, scheduler{on}, resumes{of} {
    handle = as_handle();
    place = on.timer_place();
    set_deadline(when);
  }
  static void* operator new(std::size_t bytes) { return allocate_frame(bytes); }
  static void operator delete(void* memory, std::size_t bytes) noexcept { deallocate_frame(memory, bytes); }

  static void ring(void* frame) noexcept {
    const std::unique_ptr<Alarm> alarm{static_cast<Alarm*>(&detail::ResumableFunction::of(frame))};
    try {
      alarm->resumes.resume();
    } catch (...) {
      alarm->scheduler.unhandled(std::current_exception());
    }
  }

  Scheduler& scheduler;
  std::coroutine_handle<> resumes;
};

} // namespace

CoroutineManager& CoroutineManager::get_instance() {
  static CoroutineManager& manager = *new CoroutineManager;
  return manager;
}

SmartLoadBalancer& CoroutineManager::get_load_balancer() { return CoroutinePool::get_instance().load_balancer(); }

Scheduler& CoroutineManager::target() {
  if (driver_.load(std::memory_order_seq_cst) != Driver::program) {
    if (Scheduler* here = current_scheduler()) return *here;
    if (driver_.load(std::memory_order_seq_cst) == Driver::default_runtime) return default_runtime().scheduler();
  }
  return scheduler_.scheduler();
}

void CoroutineManager::schedule_resume(std::coroutine_handle<> handle) {
  if (!handle || handle.done()) return;
  Scheduler& to = target();
  // The coroutine may have run and ended when it returns.
  if (!to.post_yielded(handle)) throw std::bad_alloc{};
  if (&to == &scheduler_.scheduler()) look_after();
}

void CoroutineManager::add_timer_at(SteadyTime when, std::coroutine_handle<> handle) {
  if (!handle) return;
  Scheduler& to = target();
  auto alarm = std::make_unique<Alarm>(to, when, handle);
  static_cast<void>(to.arm_timer(*alarm)); // nobody cancels it
  static_cast<void>(alarm.release());
  if (&to == &scheduler_.scheduler()) look_after();
}

void CoroutineManager::schedule_destroy(std::coroutine_handle<> handle) {
  if (!handle) return;
  scheduler_.destroy_later(handle);
  look_after();
}

/// seq_cst, with the post before it: either this sees that the default runtime drives, or that one sees what was posted.
void CoroutineManager::look_after() {
  const Driver driver = driver_.load(std::memory_order_seq_cst);
  if (driver == Driver::program) return;
  if (driver == Driver::default_runtime) return brought_.set();
  Runtime* const runtime = detail::default_runtime_if_made();
  if (runtime == nullptr || watched_.exchange(true, std::memory_order_relaxed)) return;
  watch_ = spawn_on(*runtime, &CoroutineManager::watch, this);
}

Lazy<> CoroutineManager::watch() {
  co_await sleep_for(patience);
  Driver driver = Driver::nobody_yet;
  if (!driver_.compare_exchange_strong(driver, Driver::default_runtime, std::memory_order_seq_cst)) co_return;
  do {
    while (scheduler_.drive().anything()) co_await yield();
    auto something = brought_.wait();
    auto or_timer = with_deadline(something, scheduler_.next_deadline());
    static_cast<void>(co_await or_timer);
  } while (driver_.load(std::memory_order_seq_cst) == Driver::default_runtime);
}

Driven CoroutineManager::drive() {
  drive_by_hand();
  return scheduler_.drive();
}
Driven CoroutineManager::drive(const DriveLimits& limits) {
  drive_by_hand();
  return scheduler_.drive(limits);
}
std::size_t CoroutineManager::process_timer_queue() {
  return drive({.timers = DriveLimits{}.timers, .ready = 0, .destructions = 0}).timers;
}
std::size_t CoroutineManager::process_ready_queue() {
  return drive({.timers = 0, .ready = DriveLimits{}.ready, .destructions = 0}).ready;
}
std::size_t CoroutineManager::process_delayed_destruction() {
  return drive({.timers = 0, .ready = 0, .destructions = DriveLimits{}.destructions}).destructions;
}

} // namespace flowcoro
