#include "flowcoro/sched/timer_queue.hpp"

#include <limits>
#include <mutex>
#include <new>

namespace flowcoro {
namespace {

/// `late` is not before `early`. Also of points that are further apart than a signed number can say.
[[nodiscard]] std::uint64_t nanoseconds_between(SteadyTime early, SteadyTime late) noexcept {
  return static_cast<std::uint64_t>(late.time_since_epoch().count()) -
         static_cast<std::uint64_t>(early.time_since_epoch().count());
}

} // namespace

TimerQueue::Armed TimerQueue::arm(TimerNode& node) {
  const std::lock_guard lock{lock_};
  if (node.state_ == TimerNode::State::cancelled) return Armed::refused;
  if (armed_ == std::numeric_limits<std::uint32_t>::max()) throw std::bad_alloc{};
  const SteadyTime deadline = node.deadline();
  if (run_.empty() || deadline >= run_latest_) {
    run_.push_back(&node);
    if (run_.size() == 1) run_began_ = next_sequence_;
    run_latest_ = deadline;
    node.index_ = run_start_ + static_cast<std::uint32_t>(run_.size() - 1);
    node.state_ = TimerNode::State::in_run;
  } else {
    const Entry entry{deadline, &node, next_sequence_};
    heap_.push_back(entry);
    node.state_ = TimerNode::State::in_heap;
    sift_up(heap_.size() - 1, entry);
  }
  ++next_sequence_;
  ++armed_;
  if (first() != &node) return Armed::yes;
  publish_earliest();
  return Armed::yes_and_earliest;
}

bool TimerQueue::cancel(TimerNode& node) noexcept {
  const std::lock_guard lock{lock_};
  const bool armed = node.state_ == TimerNode::State::in_run || node.state_ == TimerNode::State::in_heap;
  if (armed) {
    take(node);
    ++cancelled_;
  }
  if (armed || node.state_ == TimerNode::State::idle) node.state_ = TimerNode::State::cancelled;
  return armed;
}

std::size_t TimerQueue::take_due(SteadyTime now, std::span<TimerNode*> due) noexcept {
  const std::lock_guard lock{lock_};
  std::size_t taken = 0;
  for (TimerNode* next = first(); taken < due.size() && next != nullptr && next->deadline() <= now; next = first()) {
    take(*next);
    next->state_ = TimerNode::State::fired;
    lateness_.add(nanoseconds_between(next->deadline(), now));
    due[taken++] = next;
  }
  return taken;
}

std::size_t TimerQueue::size() noexcept {
  const std::lock_guard lock{lock_};
  return armed_;
}

TimerStats TimerQueue::stats() const noexcept {
  const std::lock_guard lock{lock_};
  return {.registered = next_sequence_,
          .fired = next_sequence_ - cancelled_ - armed_,
          .cancelled = cancelled_,
          .active = armed_,
          .lateness = lateness_};
}

void TimerQueue::shrink() noexcept {
  const std::lock_guard lock{lock_};
  heap_.shrink_to_fit();
  run_.shrink_to_fit();
}

TimerNode* TimerQueue::first() const noexcept {
  if (run_.empty()) return heap_.empty() ? nullptr : heap_.front().node;
  if (heap_.empty()) return run_.front();
  const Entry& of_heap = heap_.front();
  const SteadyTime of_run = run_.front()->deadline();
  const bool heap_first =
      of_heap.deadline < of_run || (of_heap.deadline == of_run && of_heap.sequence < run_began_); // invariant R
  return heap_first ? of_heap.node : run_.front();
}

/// Removes an armed node.
void TimerQueue::take(const TimerNode& node) noexcept {
  const bool was_first = first() == &node;
  --armed_;
  if (node.state_ == TimerNode::State::in_heap) {
    remove_at(node.index_);
  } else {
    run_[node.index_ - run_start_] = nullptr;
    drop_cancelled_ends_of_run();
    drop_cancelled_middle_of_run();
  }
  if (was_first) publish_earliest();
}

void TimerQueue::drop_cancelled_ends_of_run() noexcept {
  while (!run_.empty() && run_.front() == nullptr) {
    run_.pop_front();
    ++run_start_;
  }
  while (!run_.empty() && run_.back() == nullptr) run_.pop_back();
}

/// While an old timer stays at the front and there is always another at the back, cancelled ones would pile up between them.
void TimerQueue::drop_cancelled_middle_of_run() noexcept {
  constexpr std::size_t worth_it = 64;
  const std::size_t armed = armed_ - heap_.size();
  if (run_.size() < worth_it || run_.size() / 2 < armed) return;
  std::size_t end = 0;
  for (TimerNode* node : run_) {
    if (node == nullptr) continue;
    run_[end] = node;
    node->index_ = run_start_ + static_cast<std::uint32_t>(end++);
  }
  run_.resize(end); // frees what is behind it
}

void TimerQueue::place(std::size_t index, Entry entry) noexcept {
  heap_[index] = entry;
  entry.node->index_ = static_cast<std::uint32_t>(index);
}

void TimerQueue::sift_up(std::size_t index, Entry entry) noexcept {
  while (index > 0) {
    const std::size_t parent = (index - 1) / arity;
    if (!before(entry, heap_[parent])) break;
    place(index, heap_[parent]);
    index = parent;
  }
  place(index, entry);
}

void TimerQueue::sift_down(std::size_t index, Entry entry) noexcept {
  const std::size_t size = heap_.size();
  for (;;) {
    const std::size_t first = index * arity + 1;
    if (first >= size) break;
    std::size_t smallest = first;
    for (std::size_t child = first + 1; child < first + arity && child < size; ++child)
      if (before(heap_[child], heap_[smallest])) smallest = child;
    if (!before(heap_[smallest], entry)) break;
    place(index, heap_[smallest]);
    index = smallest;
  }
  place(index, entry);
}

void TimerQueue::remove_at(std::size_t index) noexcept {
  const Entry last = heap_.back();
  heap_.pop_back();
  if (index < heap_.size()) {
    sift_down(index, last);
    if (last.node->index_ == index) sift_up(index, last);
  }
}

void TimerQueue::publish_earliest() noexcept {
  const TimerNode* next = first();
  const SteadyTime earliest = next == nullptr ? no_deadline : next->deadline();
  // seq_cst: pairs with the look at every queue that a worker takes before it parks.
  earliest_.store(earliest.time_since_epoch().count(), std::memory_order_seq_cst);
}

} // namespace flowcoro
