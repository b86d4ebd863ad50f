#include "flowcoro/sched/timer_queue.hpp"

#include <limits>
#include <mutex>
#include <new>

namespace flowcoro {

TimerQueue::Armed TimerQueue::arm(TimerNode& node) {
  const std::lock_guard lock{lock_};
  if (node.state_ == TimerNode::State::cancelled) return Armed::refused;
  if (heap_.size() == std::numeric_limits<std::uint32_t>::max()) throw std::bad_alloc{};
  const Entry entry{node.deadline, &node};
  heap_.push_back(entry);
  node.sequence_ = next_sequence_++;
  node.state_ = TimerNode::State::armed;
  sift_up(heap_.size() - 1, entry);
  if (node.index_ != 0) return Armed::yes;
  publish_earliest();
  return Armed::yes_and_earliest;
}

bool TimerQueue::cancel(TimerNode& node) noexcept {
  const std::lock_guard lock{lock_};
  const bool armed = node.state_ == TimerNode::State::armed;
  if (armed) remove_at(node.index_);
  if (armed || node.state_ == TimerNode::State::idle) node.state_ = TimerNode::State::cancelled;
  return armed;
}

bool TimerQueue::fired(const TimerNode& node) noexcept {
  const std::lock_guard lock{lock_};
  return node.state_ == TimerNode::State::fired;
}

std::size_t TimerQueue::take_due(SteadyTime now, std::span<TimerNode*> due) noexcept {
  const std::lock_guard lock{lock_};
  std::size_t taken = 0;
  while (taken < due.size() && !heap_.empty() && heap_.front().deadline <= now) {
    TimerNode& node = *heap_.front().node;
    remove_at(0);
    node.state_ = TimerNode::State::fired;
    due[taken++] = &node;
  }
  return taken;
}

std::size_t TimerQueue::size() noexcept {
  const std::lock_guard lock{lock_};
  return heap_.size();
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
  if (index == 0) publish_earliest();
}

void TimerQueue::publish_earliest() noexcept {
  const SteadyTime earliest = heap_.empty() ? no_deadline : heap_.front().deadline;
  // seq_cst: pairs with the look at every queue that a worker takes before it parks.
  earliest_.store(earliest.time_since_epoch().count(), std::memory_order_seq_cst);
}

} // namespace flowcoro
