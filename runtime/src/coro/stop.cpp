#include "flowcoro/coro/stop.hpp"

#include "flowcoro/base/assert.hpp"
#include "flowcoro/base/detail/thread_context.hpp"
#include "flowcoro/park/futex.hpp"
#include "flowcoro/park/spin_lock.hpp"

namespace flowcoro {

std::uintptr_t StopState::lock() noexcept {
  for (SpinWait wait;; wait.once()) {
    std::uintptr_t word = word_.load(std::memory_order_relaxed);
    if ((word & locked_bit) == 0 &&
        word_.compare_exchange_weak(word, word | locked_bit, std::memory_order_acquire, std::memory_order_relaxed))
      return word;
    // The holder links or unlinks one node and never runs user code; it can only be slow by being preempted.
  }
}

void StopState::unlock(std::uintptr_t word) noexcept { word_.store(word, std::memory_order_release); }

bool StopState::add_among_others(StopNode& node) noexcept {
  const std::uintptr_t word = lock();
  if ((word & stopped_bit) != 0) {
    node.phase_.store(StopNode::idle, std::memory_order_relaxed);
    unlock(word);
    return false;
  }
  auto* first = reinterpret_cast<StopNode*>(word & pointer_mask);
  node.next_.store(first, std::memory_order_relaxed);
  if (first != nullptr) first->previous_ = &node;
  unlock(reinterpret_cast<std::uintptr_t>(&node));
  return true;
}

void StopState::remove_among_others(StopNode& node) noexcept {
  const std::uintptr_t word = lock();
  if (node.phase_.load(std::memory_order_relaxed) == StopNode::linked) {
    StopNode* next = node.next_.load(std::memory_order_relaxed);
    if (next != nullptr) next->previous_ = node.previous_;
    if (node.previous_ != nullptr) {
      node.previous_->next_.store(next, std::memory_order_relaxed);
      unlock(word);
    } else {
      unlock(reinterpret_cast<std::uintptr_t>(next) | (word & stopped_bit));
    }
    node.phase_.store(StopNode::idle, std::memory_order_relaxed);
    return;
  }
  unlock(word);
  // The callback was taken out to run. runner_ was written under the lock, so it is visible here.
  if (node.phase_.load(std::memory_order_acquire) == StopNode::finished) return;
  if (node.runner_ == &detail::thread_context()) {
    FLOWCORO_ASSERT(!node.relays_, "a stop callback resumed a coroutine on its own stack; it must post it");
    *node.removed_inside_ = true;
    return;
  }
  std::uint32_t expected = StopNode::running;
  node.phase_.compare_exchange_strong(expected, StopNode::running_awaited, std::memory_order_acquire);
  while (node.phase_.load(std::memory_order_acquire) != StopNode::finished)
    futex_wait(node.phase_, StopNode::running_awaited);
}

/// The last touch: after it the thread that removes the node goes on.
void StopState::finish(StopNode& node) noexcept {
  if (node.phase_.exchange(StopNode::finished, std::memory_order_acq_rel) == StopNode::running_awaited)
    futex_wake_all(&node.phase_);
}

bool StopState::request_stop() noexcept {
  StopState* state = &target();
  std::uintptr_t word = state->lock();
  if ((word & stopped_bit) != 0) {
    state->unlock(word);
    return false;
  }
  // The relay whose target is `state`. It is not finished before its target's callbacks are, and so keeps alive the state in
  // which it is registered; the relays that led there follow through next_.
  StopNode* relay = nullptr;
  for (;;) {
    auto* node = reinterpret_cast<StopNode*>(word & pointer_mask);
    if (node == nullptr) {
      state->unlock(stopped_bit);
      if (relay == nullptr) return true;
      StopNode& ended = *relay;
      relay = ended.next_.load(std::memory_order_relaxed);
      state = ended.registered_in_;
      finish(ended);
      word = state->lock();
      continue;
    }
    StopNode* next = node->next_.load(std::memory_order_relaxed);
    if (next != nullptr) next->previous_ = nullptr;
    bool removed_inside = false;
    StopNode::Callback callback = nullptr;
    StopNode::Relay relay_of_node = nullptr;
    if (node->relays_) {
      relay_of_node = node->relay_;
      node->next_.store(relay, std::memory_order_relaxed);
      node->registered_in_ = state;
    } else {
      callback = node->callback_;
      node->removed_inside_ = &removed_inside;
    }
    node->runner_ = &detail::thread_context();
    node->phase_.store(StopNode::running, std::memory_order_relaxed);
    state->unlock(reinterpret_cast<std::uintptr_t>(next) | stopped_bit);

    if (node->relays_) {
      StopState& to = relay_of_node(*node)->target();
      word = to.lock();
      if ((word & stopped_bit) == 0) {
        relay = node;
        state = &to;
        continue;
      }
      to.unlock(word);
      finish(*node);
    } else {
      callback(*node);
      // A callback may destroy its own node, and says so through remove(). Otherwise the node lives until it reads finished.
      if (!removed_inside) finish(*node);
    }
    word = state->lock();
  }
}

} // namespace flowcoro
