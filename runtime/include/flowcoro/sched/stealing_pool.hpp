#pragma once
/// Threads for functions, each with a queue of its own, which help each other.
#include "flowcoro/base/cache_line.hpp"
#include "flowcoro/base/detail/owned_count.hpp"
#include "flowcoro/mem/frame_pool.hpp"
#include "flowcoro/park/event_count.hpp"
#include "flowcoro/queue/inject_queue.hpp"
#include "flowcoro/queue/local_queue.hpp"

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace flowcoro {

struct StealingPoolOptions {
  /// 0 = the CPUs that this process may use.
  unsigned threads = 0;
  /// Groups of CPUs that lie near each other, as numa_nodes() tells. Of two or more, thread i stays on the CPUs of group i modulo their
  /// number, as far as the process may use them, and steals within its group first. Else threads run and steal anywhere.
  std::vector<std::vector<unsigned>> cpu_groups = {};
  /// Called with what a function threw, on the thread where it was thrown. It must not throw. Default: count it.
  std::function<void(std::exception_ptr)> on_unhandled = {};
};

/// Exact while nothing runs.
struct StealingPoolStats {
  std::uint64_t submitted = 0;
  std::uint64_t completed = 0; ///< with an exception or without
  std::uint64_t unhandled = 0; ///< exceptions
  std::uint64_t steals = 0;    ///< successful ones
  std::uint64_t near = 0;      ///< of them, within a group
  std::uint64_t stolen = 0;    ///< functions moved by them
};

/// A thread runs what it has submitted itself, oldest first; else what came from outside; else it takes half of what another one has queued.
/// For functions that compute: one that blocks keeps its thread, see BlockingPool; coroutines run on a Runtime.
/// Threads: any, for every function; those of the pool take no signals.
class StealingPool {
 public:
  /// Throws std::system_error when a thread cannot be started: those that were are joined first.
  explicit StealingPool(StealingPoolOptions options = {});
  StealingPool(const StealingPool&) = delete;
  StealingPool& operator=(const StealingPool&) = delete;
  /// stop().
  ~StealingPool();

  /// Runs `function()` on a thread of the pool. Throws RuntimeStopped after stop(), std::bad_alloc; then it does not run.
  template <class F>
    requires std::invocable<F&>
  void submit(F function) {
    enqueue(std::make_unique<JobOf<F>>(std::move(function)));
  }

  /// Takes no more, runs what was taken, and joins the threads. Idempotent. Blocks. Not from a function of this pool.
  void stop() noexcept;

  [[nodiscard]] std::size_t threads() const noexcept { return workers_.size(); }
  [[nodiscard]] StealingPoolStats stats() const noexcept;

 private:
  struct Job : InjectNode {
    Job() = default;
    Job(const Job&) = delete;
    Job& operator=(const Job&) = delete;
    virtual ~Job() = default;
    virtual void run() = 0;
    static void* operator new(std::size_t bytes) { return allocate_frame(bytes); }
    static void operator delete(void* memory, std::size_t bytes) noexcept { deallocate_frame(memory, bytes); }
  };
  template <class F>
  struct JobOf final : Job {
    static_assert(alignof(F) <= frame_class_bytes, "an over-aligned function");
    explicit JobOf(F&& function) : function_{std::move(function)} {}
    void run() override { static_cast<void>(std::invoke(function_)); }

   private:
    F function_;
  };
  struct alignas(cache_line_bytes) Worker {
    LocalQueue<Job*> queue;
    std::size_t group = 0;
    std::uint64_t random = 0;
    std::uint64_t turns = 0;
    FrameCache frames{frame_arena()};
    detail::OwnedCount completed;
    detail::OwnedCount unhandled;
    detail::OwnedCount steals;
    detail::OwnedCount near;
    detail::OwnedCount stolen;
  };

  void enqueue(std::unique_ptr<Job> job);
  void enqueue_for(Worker* own, std::unique_ptr<Job> job);
  void job_ended() noexcept;
  /// Of the calling thread, or nullptr.
  [[nodiscard]] Worker* own_worker() noexcept;
  void thread_loop(Worker& worker) noexcept;
  void run(Worker& worker, std::unique_ptr<Job> job) noexcept;
  [[nodiscard]] std::unique_ptr<Job> next(Worker& worker) noexcept;
  [[nodiscard]] Job* take_injected(Worker& worker) noexcept;
  [[nodiscard]] Job* steal(Worker& worker) noexcept;
  [[nodiscard]] bool ended() const noexcept;
  static void stay_on(const std::vector<unsigned>& cpus) noexcept;

  const StealingPoolOptions options_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::thread::id> ids_; // of their threads
  InjectQueue injected_;
  EventCount changes_;
  // Invariant Q: who queues a job then counts it here, and then looks for sleepers; who sleeps has announced that and then seen none counted.
  alignas(cache_line_bytes) std::atomic<std::int64_t> queued_{0};
  std::atomic<std::uint64_t> unfinished_{0}; // taken and not completed
  std::atomic<std::uint64_t> inside_{0};     // threads of others in submit()
  std::atomic<bool> stopping_{false};
  std::mutex joining_; // guards all below
  std::vector<std::thread> threads_;
};

} // namespace flowcoro
