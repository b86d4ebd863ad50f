#include "flowcoro/coro/home_frame.hpp"

#include "flowcoro/base/detail/thread_context.hpp"
#include "flowcoro/park/parker.hpp"
#include "flowcoro/queue/inject_queue.hpp"

#include <memory>
#include <mutex>

namespace flowcoro {
namespace detail {

class ThreadInbox : public std::enable_shared_from_this<ThreadInbox> {
 public:
  /// Not by the thread's id: a later thread may have the same.
  [[nodiscard]] bool is_mine() const noexcept { return own_thread_context.inbox == this; }

  [[nodiscard]] bool post(ReadyNode& node) noexcept {
    const std::lock_guard hold{mutex_}; // against the end of the thread, not against other posts
    if (ended_) return false;
    posted_.push(node);
    parker_.unpark();
    return true;
  }

  // The thread itself:

  std::size_t run() {
    std::size_t resumed = 0;
    for (InjectNode *node = posted_.take_all(), *next = nullptr; node != nullptr; node = next) {
      next = node->next_injected; // first: then the node may be posted again
      static_cast<ReadyNode*>(node)->handle.resume();
      ++resumed;
    }
    return resumed;
  }
  std::size_t run_until(SteadyTime deadline) {
    for (;;) {
      if (const std::size_t resumed = run(); resumed != 0) return resumed;
      if (parker_.park_until(deadline) == ParkResult::timed_out) return run();
    }
  }
  /// What is left is resumed: it was promised.
  void end() {
    {
      const std::lock_guard hold{mutex_};
      ended_ = true;
    }
    while (run() != 0) {
    }
  }

 private:
  std::mutex mutex_;
  bool ended_ = false; // guarded by it
  InjectQueue posted_;
  Parker parker_;
};

namespace {

/// Stands in for that of a thread that ends. It takes nothing.
ThreadInbox& ended_inbox() {
  static const std::shared_ptr<ThreadInbox>& none = *new std::shared_ptr<ThreadInbox>([] {
    auto inbox = std::make_shared<ThreadInbox>();
    inbox->end();
    return inbox;
  }());
  return *none;
}

/// Ends the inbox with its thread.
struct InboxOfThread {
  std::shared_ptr<ThreadInbox> inbox = std::make_shared<ThreadInbox>();

  InboxOfThread() = default;
  InboxOfThread(const InboxOfThread&) = delete;
  InboxOfThread& operator=(const InboxOfThread&) = delete;
  ~InboxOfThread() {
    inbox->end(); // which resumes what is left, still at home
    own_thread_context.inbox = &ended_inbox();
  }
};

} // namespace

std::shared_ptr<ThreadInbox> inbox_of_this_thread() {
  if (own_thread_context.inbox == nullptr) {
    static thread_local InboxOfThread mine; // for its end, which is that of the thread; found through the context
    own_thread_context.inbox = mine.inbox.get();
    return mine.inbox;
  }
  return own_thread_context.inbox->shared_from_this();
}

bool post_to(ThreadInbox& inbox, ReadyNode& node) noexcept { return inbox.post(node); }
bool is_of_this_thread(const ThreadInbox& inbox) noexcept { return inbox.is_mine(); }

} // namespace detail

std::size_t run_posted_resumes() {
  detail::ThreadInbox* inbox = detail::own_thread_context.inbox;
  return inbox != nullptr ? inbox->run() : 0;
}

std::size_t run_posted_resumes_until(SteadyTime deadline) {
  return detail::inbox_of_this_thread()->run_until(deadline);
}

} // namespace flowcoro
