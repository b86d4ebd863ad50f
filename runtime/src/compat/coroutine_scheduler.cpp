#include "flowcoro/compat/coroutine_scheduler.hpp"

#include "flowcoro/base/cpu.hpp"
#include "flowcoro/coro/errors.hpp"

#include <algorithm>

namespace flowcoro {

CoroutineScheduler::CoroutineScheduler() {
  thread_.submit([this] { run(); });
}

CoroutineScheduler::CoroutineScheduler(InPool place) : balancer_{&place.balancer}, index_{place.index} {
  thread_.submit([this] { run(); });
}

CoroutineScheduler::~CoroutineScheduler() { stop(); }

void CoroutineScheduler::run() noexcept {
  queue_.run_until(
      [this] { return stopping_.load(std::memory_order_seq_cst) && load_.load(std::memory_order_seq_cst) == 0; });
}

void CoroutineScheduler::begin() {
  // seq_cst: it is counted and then looks for the end; stop() says that it is the end and then waits for what is counted.
  load_.fetch_add(1, std::memory_order_seq_cst);
  if (stopping_.load(std::memory_order_seq_cst)) {
    load_.fetch_sub(1, std::memory_order_seq_cst);
    queue_.wake();
    throw RuntimeStopped{};
  }
  scheduled_.fetch_add(1, std::memory_order_relaxed);
  if (balancer_ != nullptr) balancer_->increment_load(index_);
}

void CoroutineScheduler::finished() noexcept {
  completed_.fetch_add(1, std::memory_order_relaxed);
  if (balancer_ != nullptr) balancer_->decrement_load(index_);
  // Behind the counts: who sees that nothing is left sees them too.
  const bool last = load_.fetch_sub(1, std::memory_order_seq_cst) == 1;
  // It may have run in drive(), while the own thread sleeps.
  if (last && stopping_.load(std::memory_order_seq_cst)) queue_.wake();
}

void CoroutineScheduler::schedule_coroutine(std::coroutine_handle<> handle) {
  if (handle) schedule_task([handle] { handle.resume(); });
}

void CoroutineScheduler::stop() noexcept {
  stopping_.store(true, std::memory_order_seq_cst);
  queue_.wake();
  thread_.stop();
}

CoroutineScheduler::Stats CoroutineScheduler::stats() const {
  Stats stats;
  stats.load = load();
  stats.unhandled = queue_.stats().unhandled;
  stats.completed = completed_.load(std::memory_order_relaxed);
  stats.scheduled = scheduled_.load(std::memory_order_relaxed);
  return stats;
}

std::size_t CoroutinePool::preset_schedulers() noexcept { return std::clamp<std::size_t>(allowed_cpus(), 4, 16); }

CoroutinePool::CoroutinePool(std::size_t schedulers) : balancer_{schedulers} {
  schedulers_.reserve(schedulers);
  for (std::size_t i = 0; i < schedulers; ++i)
    schedulers_.push_back(
        std::unique_ptr<CoroutineScheduler>{new CoroutineScheduler{CoroutineScheduler::InPool{balancer_, i}}});
}

CoroutinePool::~CoroutinePool() { stop(); }

void CoroutinePool::schedule_coroutine(std::coroutine_handle<> handle) {
  schedulers_[balancer_.select_scheduler()]->schedule_coroutine(handle);
}

Driven CoroutinePool::drive() {
  Driven all;
  for (const auto& scheduler : schedulers_) {
    const Driven driven = scheduler->drive();
    all.timers += driven.timers;
    all.ready += driven.ready;
    all.destructions += driven.destructions;
    all.elsewhere = all.elsewhere || driven.elsewhere;
  }
  return all;
}

CoroutinePool::Stats CoroutinePool::stats() const {
  Stats all;
  for (const auto& scheduler : schedulers_) {
    const CoroutineScheduler::Stats& one = all.schedulers.emplace_back(scheduler->stats());
    all.total.scheduled += one.scheduled;
    all.total.completed += one.completed;
    all.total.unhandled += one.unhandled;
    all.total.load += one.load;
  }
  return all;
}

void CoroutinePool::print_stats(std::ostream& out) const {
  const Stats all = stats();
  const auto print = [&out](const CoroutineScheduler::Stats& one) {
    out << one.scheduled << " scheduled, " << one.completed << " completed, " << one.unhandled << " unhandled, load "
        << one.load << '\n';
  };
  out << "coroutine pool: " << scheduler_count() << " schedulers, ";
  print(all.total);
  for (std::size_t i = 0; i < all.schedulers.size(); ++i) {
    out << "  scheduler " << i << ": ";
    print(all.schedulers[i]);
  }
}

void CoroutinePool::stop() noexcept {
  for (const auto& scheduler : schedulers_) scheduler->stop();
}

namespace {
std::atomic<CoroutinePool*> made_pool{nullptr};
} // namespace

CoroutinePool& CoroutinePool::get_instance() {
  static CoroutinePool& pool = []() -> CoroutinePool& {
    auto* made = new CoroutinePool;
    made_pool.store(made, std::memory_order_release); // the pointer leads others to what was made
    return *made;
  }();
  return pool;
}

CoroutinePool* CoroutinePool::instance_if_made() noexcept { return made_pool.load(std::memory_order_acquire); }

} // namespace flowcoro
