#include "flowcoro/coro/scheduler.hpp"

#include "flowcoro/base/detail/never_destroyed.hpp"
#include "flowcoro/base/detail/thread_context.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

namespace flowcoro {

Scheduler* current_scheduler() noexcept { return detail::own_thread_context.scheduler; }

SteadyTime current_time() noexcept {
  const detail::ThreadContext& context = detail::own_thread_context;
  if (context.scheduler != nullptr) return context.scheduler->now();
  return context.default_scheduler != nullptr ? context.default_scheduler->now() : steady_now();
}

namespace detail {
namespace {

/// Touched when a runtime starts or ends and when an exception is lost, never while tasks are scheduled.
struct ExistingSchedulers {
  std::mutex mutex;
  std::vector<Scheduler*> schedulers;
  std::size_t lookers = 0; // threads in for_each_scheduler()
  std::condition_variable looked;
};
ExistingSchedulers& existing() noexcept {
  static NeverDestroyed<ExistingSchedulers> list; // tasks may end after main()
  return list.get();
}

} // namespace

void announce_scheduler(Scheduler& scheduler) {
  const std::lock_guard lock{existing().mutex};
  existing().schedulers.push_back(&scheduler);
}

void retire_scheduler(Scheduler& scheduler) noexcept {
  ExistingSchedulers& all = existing();
  std::unique_lock lock{all.mutex};
  std::erase(all.schedulers, &scheduler);
  all.looked.wait(lock, [&all] { return all.lookers == 0; });
}

void for_each_scheduler(const std::function<void(Scheduler&)>& look) {
  class Looking {
   public:
    Looking() {
      const std::lock_guard lock{existing().mutex};
      schedulers = existing().schedulers;
      ++existing().lookers;
    }
    ~Looking() {
      const std::lock_guard lock{existing().mutex};
      --existing().lookers;
      existing().looked.notify_all();
    }
    Looking(const Looking&) = delete;
    Looking& operator=(const Looking&) = delete;

    std::vector<Scheduler*> schedulers;
  };
  const Looking all;
  for (Scheduler* scheduler : all.schedulers) look(*scheduler);
}

void report_unhandled(Scheduler* scheduler, std::exception_ptr error) noexcept {
  {
    const std::lock_guard lock{existing().mutex};
    const auto& all = existing().schedulers;
    // Under the lock, so that the scheduler cannot end meanwhile. A handler must not start or end a runtime.
    if (std::find(all.begin(), all.end(), scheduler) != all.end()) return scheduler->unhandled(std::move(error));
  }
  default_scheduler().unhandled(std::move(error));
}

} // namespace detail
} // namespace flowcoro
