#pragma once
/// advanced_timeout_manager: callbacks for moments that may come, and numbers about them.
#include "flowcoro/async/deadline_stop_source.hpp"
#include "flowcoro/base/histogram.hpp"
#include "flowcoro/base/time.hpp"
#include "flowcoro/coro/scheduler.hpp"
#include "flowcoro/coro/stop.hpp"
#include "flowcoro/sched/runtime.hpp"
#include "flowcoro/sched/spawn.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

namespace flowcoro {

/// Each timeout is a timer of a runtime, without a thread of its own. A timeout either calls back once or was cancelled.
/// Its end cancels those that are left, and waits for callbacks that run on other threads. Threads: any, but for the end.
class advanced_timeout_manager {
 public:
  using timeout_id = std::uint64_t;

  /// Total registered = timed out + cancelled + active, always.
  struct statistics {
    std::uint64_t active = 0;
    std::uint64_t total_registered = 0;
    std::uint64_t timed_out = 0;
    std::uint64_t cancelled = 0;
    /// Of those that timed out, in nanoseconds: from the deadline to the callback.
    Histogram lateness;
  };

  advanced_timeout_manager() : advanced_timeout_manager{detail::here_or_default()} {}
  explicit advanced_timeout_manager(Scheduler& scheduler) : scheduler_{scheduler} {}
  explicit advanced_timeout_manager(Runtime& runtime) : advanced_timeout_manager{runtime.scheduler()} {}
  advanced_timeout_manager(const advanced_timeout_manager&) = delete;
  advanced_timeout_manager& operator=(const advanced_timeout_manager&) = delete;
  ~advanced_timeout_manager() {
    std::unordered_map<timeout_id, std::shared_ptr<entry>> left;
    {
      const std::lock_guard hold{mutex_};
      left.swap(entries_);
    }
    // Without the lock: this waits for the callback, which takes it.
    for (const auto& [id, entry] : left) entry->on_stop.reset();
  }

  /// Calls `on_timeout()`, which must not throw, when `timeout` has passed, on a thread of the runtime. Without time: here, at once.
  template <class Rep, class Period>
  timeout_id register_timeout(std::chrono::duration<Rep, Period> timeout, std::function<void()> on_timeout) {
    const SteadyTime deadline = deadline_after(scheduler_.now(), timeout);
    const auto made = std::make_shared<entry>(deadline, std::move(on_timeout));
    timeout_id id = 0;
    {
      const std::lock_guard hold{mutex_};
      id = ++last_id_;
      entries_.emplace(id, made);
      ++counts_.total_registered;
    }
    try {
      made->source.emplace(scheduler_, deadline);
    } catch (...) {
      const std::lock_guard hold{mutex_};
      entries_.erase(id);
      --counts_.total_registered;
      throw;
    }
    // The callback may run before this line has ended: `made` keeps the entry until it has.
    made->on_stop.emplace(made->source->token(), fire{this, id});
    return id;
  }

  /// \return whether it was still to come: then it does not call back, and no call is running when this returns. Otherwise it is too late,
  /// or there is no such timeout.
  bool cancel_timeout(timeout_id id) noexcept {
    std::shared_ptr<entry> taken;
    const std::lock_guard hold{mutex_};
    const auto found = entries_.find(id);
    if (found == entries_.end() || found->second->fired) return false;
    ++counts_.cancelled;
    taken = std::move(found->second);
    entries_.erase(found);
    return true;
    // The lock is given back first, then the entry ends.
  }

  [[nodiscard]] statistics get_statistics() const {
    const std::lock_guard hold{mutex_};
    statistics now = counts_;
    now.active = now.total_registered - now.timed_out - now.cancelled;
    return now;
  }
  [[nodiscard]] std::size_t active_count() const { return static_cast<std::size_t>(get_statistics().active); }

 private:
  struct fire {
    advanced_timeout_manager* manager;
    timeout_id id;
    void operator()() noexcept { manager->time_is_up(id); }
  };
  struct entry {
    entry(SteadyTime when, std::function<void()> callback) : deadline{when}, on_timeout{std::move(callback)} {}
    SteadyTime deadline;
    std::function<void()> on_timeout;
    bool fired = false;
    std::optional<DeadlineStopSource> source;
    std::optional<StopCallback<fire>> on_stop;
  };

  void time_is_up(timeout_id id) noexcept {
    std::shared_ptr<entry> mine; // ends last: with it, perhaps, the callback that runs just now
    {
      const std::lock_guard hold{mutex_};
      const auto found = entries_.find(id);
      if (found == entries_.end()) return; // cancelled
      mine = found->second;
      mine->fired = true;
      ++counts_.timed_out;
      counts_.lateness.add(
          static_cast<std::uint64_t>(std::max<std::int64_t>((scheduler_.now() - mine->deadline).count(), 0)));
    }
    mine->on_timeout();
    const std::lock_guard hold{mutex_};
    entries_.erase(id);
  }

  Scheduler& scheduler_;
  mutable std::mutex mutex_; // guards all below
  std::unordered_map<timeout_id, std::shared_ptr<entry>> entries_;
  statistics counts_; // but for `active`
  timeout_id last_id_ = 0;
};

} // namespace flowcoro
