#include "flowcoro/observe/watchdog.hpp"

#include "flowcoro/observe/detail/stall_detector.hpp"
#include "flowcoro/park/detail/block_signals.hpp"
#include "flowcoro/sched/runtime.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

namespace flowcoro {
namespace {

std::optional<TaskTrace> task_of(const WorkerTurn& turn) {
  AwaitChains chains = await_chains();
  TaskTrace* best = nullptr;
  for (TaskTrace& task : chains.tasks) {
    if (task.coroutine == nullptr) continue; // a TaskScope is inside of a task, or of none
    // Of several that run on one thread, the one that began last has been started by the others.
    if (task.thread != nullptr && task.thread == turn.thread) {
      if (best == nullptr || best->thread == nullptr || task.in_state <= best->in_state) best = &task;
    } else if (task.coroutine == turn.coroutine && best == nullptr) {
      best = &task;
    }
  }
  return best != nullptr ? std::optional{std::move(*best)} : std::nullopt;
}

} // namespace

std::string to_string(const Stall& stall) {
  std::ostringstream out;
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(stall.lasted).count();
  std::string fraction = std::to_string(milliseconds % 1'000);
  fraction.insert(0, 3 - fraction.size(), '0');
  out << "worker " << stall.worker << " has been busy for " << std::to_string(milliseconds / 1'000) << '.' << fraction
      << " s with ";
  if (stall.task.has_value() && (stall.task->id != 0 || stall.task->waited_at.line() != 0)) {
    const TaskTrace& task = *stall.task;
    if (task.id != 0) {
      out << "task " << std::to_string(task.id);
      if (!task.name.empty()) out << " \"" << task.name << '"';
      if (task.created.line() != 0) out << ", created in " << task.created.function_name();
    } else {
      out << "a task";
    }
    if (task.waited_at.line() != 0)
      out << ", which " << (task.id != 0 ? "last" : "first") << " waited at " << task.waited_at.file_name() << ':'
          << std::to_string(task.waited_at.line()) << " (" << task.waited_at.function_name() << ')';
    return out.str();
  }
  out << "a coroutine that is not listed, ";
  Dl_info in{};
  if (dladdr(stall.code, &in) == 0 || in.dli_fname == nullptr) {
    out << "resumed by " << stall.code;
  } else if (in.dli_sname != nullptr) {
    out << in.dli_sname;
  } else {
    out << in.dli_fname << "+0x" << std::hex
        << reinterpret_cast<std::uintptr_t>(stall.code) - reinterpret_cast<std::uintptr_t>(in.dli_fbase);
  }
  return out.str();
}

class StallWatchdog::Loop {
 public:
  Loop(const Runtime& runtime, WatchdogOptions options)
      : runtime_{runtime}, options_{std::move(options)}, detector_{runtime.workers(), options_.limit} {
    if (options_.limit <= Nanoseconds{0}) throw std::invalid_argument{"WatchdogOptions::limit must be more than 0"};
    if (!options_.on_stall) throw std::invalid_argument{"WatchdogOptions::on_stall is empty"};
    const detail::BlockSignals blocked; // the new thread inherits the mask
    thread_ = std::thread{[this] { run(); }};
  }
  ~Loop() {
    {
      const std::lock_guard lock{mutex_};
      over_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  std::atomic<std::uint64_t> stalls{0};

 private:
  void run() noexcept {
    const Nanoseconds interval = std::max<Nanoseconds>(options_.limit / 4, std::chrono::microseconds{100});
    std::unique_lock lock{mutex_};
    while (!changed_.wait_for(lock, interval, [this] { return over_; })) {
      lock.unlock();
      for (unsigned worker = 0; worker < runtime_.workers(); ++worker) look(worker);
      lock.lock();
    }
  }

  void look(unsigned worker) {
    const WorkerTurn turn = runtime_.turn_of(worker);
    if (!detector_.look(worker, turn, steady_now())) return;
    Stall stall{.worker = worker,
                .lasted = detector_.lasted(worker, steady_now()),
                .coroutine = turn.coroutine,
                .code = turn.code,
                .task = task_of(turn)};
    // What was found is then not what has kept the worker.
    if (runtime_.turn_of(worker).turn != turn.turn) stall.task.reset();
    stalls.fetch_add(1, std::memory_order_release);
    options_.on_stall(stall);
  }

  const Runtime& runtime_;
  const WatchdogOptions options_;
  detail::StallDetector detector_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool over_ = false;
  std::thread thread_;
};

StallWatchdog::StallWatchdog(const Runtime& runtime, WatchdogOptions options)
    : loop_{std::make_unique<Loop>(runtime, std::move(options))} {}
StallWatchdog::~StallWatchdog() = default;

std::uint64_t StallWatchdog::stalls() const noexcept { return loop_->stalls.load(std::memory_order_acquire); }

} // namespace flowcoro
