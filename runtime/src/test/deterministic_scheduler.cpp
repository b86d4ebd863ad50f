#include "flowcoro/test/deterministic_scheduler.hpp"

#include "error_text.hpp"

#include "flowcoro/base/assert.hpp"
#include "flowcoro/base/detail/thread_context.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <new>
#include <span>
#include <string>

namespace flowcoro::test {
namespace {

using flowcoro::detail::PromiseBase;
using flowcoro::detail::thread_context;

/// A timer for no_deadline never fires.
constexpr SteadyTime end_of_time = no_deadline - Nanoseconds{1};

/// splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014). Neighbouring seeds give
/// unrelated sequences, and unlike the distributions of the standard library they are the same everywhere.
std::uint64_t next_random(std::uint64_t& state) noexcept {
  state += 0x9e3779b97f4a7c15u;
  std::uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

/// In [0, bound); uniform but for an error of bound / 2^64.
std::size_t random_below(std::uint64_t& state, std::size_t bound) noexcept {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::size_t>((static_cast<Wide>(next_random(state)) * bound) >> 64);
}

} // namespace

/// While it lives, the coroutines of the scheduler are what this thread runs.
class DeterministicScheduler::Turn {
 public:
  explicit Turn(DeterministicScheduler& scheduler) noexcept {
    scheduler.check_thread();
    FLOWCORO_ASSERT(thread_context().scheduler == nullptr,
                    "a DeterministicScheduler was driven from inside a coroutine; co_await there");
    scheduler.resumes_before_ = scheduler.resumes_;
    thread_context().scheduler = &scheduler;
    thread_context().exceptions = std::uncaught_exceptions();
  }
  ~Turn() {
    thread_context().scheduler = nullptr;
    thread_context().exceptions = 0;
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
};

DeterministicScheduler::DeterministicScheduler(std::uint64_t seed, DeterministicOptions options)
    : seed_{seed}, options_{options}, thread_{std::this_thread::get_id()}, order_{seed}, work_cost_{~seed} {
  FLOWCORO_ASSERT(thread_context().default_scheduler == nullptr,
                  "there is another DeterministicScheduler on this thread; one must end before the next begins");
  flowcoro::detail::announce_scheduler(*this);
  thread_context().default_scheduler = this;
}

DeterministicScheduler::~DeterministicScheduler() {
  const auto name = [this] { return "the DeterministicScheduler of seed " + std::to_string(seed_) + " ends with "; };
  const ShutdownReport report = shutdown();
  if (!report.clean()) {
    const std::string text = name() + "tasks that heed no stop request:" + detail::list_of_places(report.left);
    FLOWCORO_ASSERT(report.clean(), text.c_str());
  }
  // Otherwise the first failure is the one to hear of.
  if (!unhandled_.empty() && std::uncaught_exceptions() == 0) {
    const std::string text = name() + "exceptions that nobody received and no take_unhandled() took, the first: " +
                             detail::error_text(unhandled_.front());
    FLOWCORO_ASSERT(unhandled_.empty(), text.c_str());
  }
  thread_context().default_scheduler = nullptr;
  flowcoro::detail::retire_scheduler(*this);
}

void DeterministicScheduler::check_thread() const noexcept {
  FLOWCORO_ASSERT(
      std::this_thread::get_id() == thread_,
      "a DeterministicScheduler was used from another thread; what other threads do does not follow from a seed");
}

// Running:

bool DeterministicScheduler::resume_one() noexcept {
  std::coroutine_handle<> next;
  if (!ready_.empty()) {
    std::coroutine_handle<>& chosen = ready_[random_below(order_, ready_.size())];
    next = std::exchange(chosen, ready_.back());
    ready_.pop_back();
  } else {
    InjectNode* node = ready_without_memory_.take_all();
    if (node == nullptr) return false;
    InjectNode* rest = node->next_injected;
    next = static_cast<ReadyNode*>(node)->handle;
    while (rest != nullptr) {
      InjectNode& one = *std::exchange(rest, rest->next_injected);
      ready_without_memory_.push(one);
    }
  }
  ++resumes_;
  next.resume();
  return true;
}

bool DeterministicScheduler::jump_to_next_timer(SteadyTime latest) noexcept {
  if (timers_.earliest() > latest) return false;
  now_ = timers_.earliest();
  std::array<TimerNode*, 64> due{};
  while (const std::size_t taken = timers_.take_due(now_, due)) {
    for (TimerNode* timer : std::span{due}.first(taken)) post(*timer);
    stats_.timers_fired += taken;
  }
  return true;
}

void DeterministicScheduler::run_until(std::coroutine_handle<> first, BlockingCall& call) {
  check_thread();
  if (!accepting_) throw RuntimeStopped{};
  ready_.push_back(first);
  const Turn turn{*this};
  std::exception_ptr stuck;
  int stops = 0;
  while (call.done.load(std::memory_order_relaxed) == 0) {
    if (may_resume() && (resume_one() || jump_to_next_timer(end_of_time))) continue;
    // The frame of `first` ends when this returns. So what waits is asked to end: what was called, then all that it may wait for.
    if (stuck == nullptr) stuck = why_stuck(call.where);
    resumes_before_ = resumes_;
    switch (stops++) {
      case 0: call.stop.request_stop(); break;
      case 1: request_stop_all(); break;
      default: {
        const std::string text = detail::error_text(stuck) + "\nand stop requests do not end it";
        FLOWCORO_ASSERT(stops <= 2, text.c_str());
      }
    }
  }
  if (stuck != nullptr) std::rethrow_exception(stuck);
}

void DeterministicScheduler::set_done(BlockingCall& call) noexcept {
  check_thread();
  call.done.store(1, std::memory_order_relaxed); // one thread
}

std::uint64_t DeterministicScheduler::run_until_idle() {
  const Turn turn{*this};
  run_ready();
  return resumes_ - resumes_before_;
}

void DeterministicScheduler::advance_to(SteadyTime target) {
  const Turn turn{*this};
  target = std::min(target, end_of_time);
  do run_ready();
  while (jump_to_next_timer(target));
  now_ = std::max(now_, target);
}

void DeterministicScheduler::run_ready() {
  while (may_resume())
    if (!resume_one()) return;
  throw no_progress(unfinished());
}

ShutdownReport DeterministicScheduler::shutdown() {
  accepting_ = false;
  const Turn turn{*this};
  request_stop_all();
  while (may_resume() && (resume_one() || jump_to_next_timer(end_of_time))) {
  }
  stats_.abandoned = stats_.alive();
  ShutdownReport report{unfinished()};
  report.left.resize(
      std::max<std::size_t>(report.left.size(), stats_.abandoned)); // those that have not waited have no place
  return report;
}

void DeterministicScheduler::request_stop_all() noexcept {
  // A stop callback may start a task: that is stopped when it is enrolled, or here, and the table may grow.
  for (std::size_t i = 0; i < live_.size(); ++i)
    if (PromiseBase* task = live_[i].task) task->stop_state().request_stop();
}

// Coroutines and tasks:

void DeterministicScheduler::post(ReadyNode& node) noexcept {
  if (!post_yielded(node.handle)) ready_without_memory_.push(node);
}

bool DeterministicScheduler::post_yielded(std::coroutine_handle<> handle) noexcept {
  check_thread();
  try {
    ready_.push_back(handle);
  } catch (const std::bad_alloc&) {
    return false;
  }
  return true;
}

std::coroutine_handle<> DeterministicScheduler::after_task(ReadyNode& awaiter) noexcept {
  const bool here = thread_context().scheduler == this;
  if (here && (ready_.empty() || random_below(order_, 2) == 0)) return awaiter.handle;
  post(awaiter);
  return std::noop_coroutine();
}

void DeterministicScheduler::post_new(PromiseBase& task, std::coroutine_handle<> handle) {
  check_thread();
  if (!accepting_) throw RuntimeStopped{};
  ready_.push_back(handle);
  task.mark_counted();
  ++stats_.submitted;
}

bool DeterministicScheduler::enroll(PromiseBase& task, std::source_location where) {
  check_thread();
  if (const std::uint32_t slot = task.live_slot(); slot != 0) {
    live_[slot - 1].where = where;
    return false;
  }
  if (!task.counted() && !accepting_) throw RuntimeStopped{};
  add_live(task, where);
  if (!task.counted()) ++stats_.submitted;
  // One that was submitted before the shutdown began.
  if (!accepting_) task.stop_state().request_stop();
  return false;
}

void DeterministicScheduler::enter(PromiseBase& task, std::source_location where) {
  check_thread();
  if (!accepting_) throw RuntimeStopped{};
  add_live(task, where);
  ++stats_.moved_in;
}

void DeterministicScheduler::leave(PromiseBase&, std::uint32_t live_slot) noexcept {
  check_thread();
  remove_live(live_slot);
  ++stats_.moved_out;
}

void DeterministicScheduler::task_finished(PromiseBase& task) noexcept {
  check_thread();
  if (task.live_slot() != 0) remove_live(task.live_slot());
  ++(task.cancelled() ? stats_.cancelled : stats_.completed);
}

void DeterministicScheduler::add_live(PromiseBase& task, std::source_location where) {
  if (free_slots_.empty()) {
    // Room for every slot, so that remove_live() needs no memory.
    if (free_slots_.capacity() == live_.size()) free_slots_.reserve(2 * live_.size() + 8);
    live_.emplace_back();
    free_slots_.push_back(static_cast<std::uint32_t>(live_.size()));
  }
  task.set_live_slot(free_slots_.back());
  live_[free_slots_.back() - 1] = {&task, where};
  free_slots_.pop_back();
}

void DeterministicScheduler::remove_live(std::uint32_t slot) noexcept {
  live_[slot - 1] = {};
  free_slots_.push_back(slot);
}

std::vector<std::source_location> DeterministicScheduler::unfinished() const {
  std::vector<std::source_location> places;
  for (const Live& live : live_)
    if (live.task != nullptr) places.push_back(live.where);
  return places;
}

void DeterministicScheduler::list_live(LiveWork& to) {
  if (std::this_thread::get_id() != thread_) return;
  for (const Live& live : live_)
    if (live.task != nullptr) to.tasks.push_back({live.task, live.where, flowcoro::detail::awaited_by(*live.task)});
}

// Time:

SteadyTime DeterministicScheduler::work_clock() noexcept {
  constexpr std::size_t widest = 24; // 1 ns … 16 ms, every order of magnitude as likely as the others
  const std::size_t range = std::size_t{1} << random_below(work_cost_, widest + 1);
  work_time_ = deadline_after(work_time_, Nanoseconds{1 + static_cast<std::int64_t>(random_below(work_cost_, range))});
  return work_time_;
}

bool DeterministicScheduler::arm_timer(TimerNode& node) {
  check_thread();
  return timers_.arm(node) != TimerQueue::Armed::refused;
}

// Failures:

void DeterministicScheduler::unhandled(std::exception_ptr error) noexcept {
  check_thread();
  ++stats_.unhandled;
  unhandled_.push_back(std::move(error));
}

NoProgress DeterministicScheduler::no_progress(std::vector<std::source_location> waiting) const {
  std::string text = may_resume()
                         ? "deadlock: nothing is ready and no timer runs"
                         : "no end after " + std::to_string(options_.resumes_in_one_call) + " resumes in one call";
  const auto [seconds, rest] = std::div(now_.time_since_epoch().count(), std::int64_t{1'000'000'000});
  std::string fraction = std::to_string(rest);
  fraction.insert(0, 9 - fraction.size(), '0');
  text += "; seed " + std::to_string(seed_) + ", virtual time " + std::to_string(seconds) + '.' + fraction + " s, " +
          std::to_string(waiting.size()) + " wait:" + detail::list_of_places(waiting);
  return NoProgress{text, seed_, std::move(waiting)};
}

std::exception_ptr DeterministicScheduler::why_stuck(const std::source_location& call) const noexcept {
  try {
    std::vector<std::source_location> waiting = unfinished();
    waiting.push_back(call);
    return std::make_exception_ptr(no_progress(std::move(waiting)));
  } catch (const std::bad_alloc&) {
    return std::current_exception();
  }
}

} // namespace flowcoro::test
