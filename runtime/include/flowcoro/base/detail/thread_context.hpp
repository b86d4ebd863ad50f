#pragma once
/// What the current thread is working as: the one thread_local that the library reads.

namespace flowcoro {
class FrameCache;
class Scheduler;
namespace detail {
class PoolTable;
class ThreadInbox;
class Worker;

struct ThreadContext {
  FrameCache* frames = nullptr;
  Scheduler* scheduler = nullptr;
  Worker* worker = nullptr;
  /// In place of the default runtime's, for what begins on this thread outside any scheduler.
  Scheduler* default_scheduler = nullptr;
  /// The thread's free blocks of memory pools; nullptr until it needs some.
  PoolTable* pools = nullptr;
  /// What others want this thread to resume; nullptr until somebody has made its home here.
  ThreadInbox* inbox = nullptr;
  /// In flight on this thread when it began to run the coroutines of `scheduler`, which are not their concern.
  int exceptions = 0;
};

/// Threads: any. Read it in ordinary functions and never keep the reference across a suspension: a coroutine may
/// continue on another thread. It lives in its own translation unit so that no compiler folds the address.
[[nodiscard]] ThreadContext& thread_context() noexcept;

/// What thread_context() gives, without the call: for ordinary functions in src/ that run for each task, and never in a header,
/// whose code may become part of a coroutine.
extern constinit thread_local ThreadContext own_thread_context;

} // namespace detail
} // namespace flowcoro
