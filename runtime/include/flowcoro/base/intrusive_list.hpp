#pragma once
/// A doubly linked list of nodes that somebody else owns: no allocation, O(1) removal from the middle.
#include "flowcoro/base/assert.hpp"

namespace flowcoro {

/// Base of what an IntrusiveList links. A node is in at most one list at a time.
struct ListNode {
  ListNode* previous = nullptr;
  ListNode* next = nullptr;

  [[nodiscard]] bool linked() const noexcept { return next != nullptr; }
  /// Takes the node from the list that it is in.
  void unlink() noexcept {
    previous->next = next;
    next->previous = previous;
    previous = next = nullptr;
  }
};

/// FIFO list of T, which derives from ListNode. Owns nothing; not thread-safe.
template <class T>
class IntrusiveList {
 public:
  IntrusiveList() noexcept { head_.previous = head_.next = &head_; }
  IntrusiveList(const IntrusiveList&) = delete;
  IntrusiveList& operator=(const IntrusiveList&) = delete;
  ~IntrusiveList() { FLOWCORO_ASSERT(empty(), "a list was destroyed with nodes in it"); }

  [[nodiscard]] bool empty() const noexcept { return head_.next == &head_; }

  void push_back(T& item) noexcept {
    ListNode& node = item;
    node.previous = head_.previous;
    node.next = &head_;
    head_.previous->next = &node;
    head_.previous = &node;
  }

  /// The oldest node, or nullptr.
  [[nodiscard]] T* front() noexcept { return empty() ? nullptr : static_cast<T*>(head_.next); }
  [[nodiscard]] T* pop_front() noexcept {
    T* item = front();
    if (item != nullptr) remove(*item);
    return item;
  }

  /// Calls `f(item)` for each, oldest first; `f` must not change the list.
  template <class F>
  void for_each(F f) {
    for (ListNode* node = head_.next; node != &head_; node = node->next) f(static_cast<T&>(*node));
  }

  void remove(T& item) noexcept { static_cast<ListNode&>(item).unlink(); }

 private:
  ListNode head_;
};

} // namespace flowcoro
