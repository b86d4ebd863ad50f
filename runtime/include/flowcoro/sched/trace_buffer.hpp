#pragma once
/// What the workers of a runtime did last, each in a bounded ring of its own: off, until somebody wants to know.
#include "flowcoro/base/time.hpp"
#include "flowcoro/park/spin_lock.hpp"
#include "flowcoro/sched/detail/trace_ring.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

namespace flowcoro {

enum class TraceKind : std::uint8_t {
  spawn,     ///< a task was queued for its first step; one that is refused too
  run_begin, ///< the worker resumes a coroutine. Those that it goes on with by symmetric transfer are part of its run
  run_end,   ///< the worker has its thread back; the coroutine may have ended
  park,      ///< the thread that sits here goes to sleep, or leaves
  unpark,    ///< it woke, or began; a thread in sync_wait that takes the seat has `amount` 1
  steal,     ///< `amount` coroutines were taken from the worker `other`
  timer,     ///< a timer fired here, `amount` ns after its deadline, and `coroutine` became ready
};
inline constexpr std::size_t trace_kinds = 7;
[[nodiscard]] const char* name(TraceKind kind) noexcept;

struct TraceEvent {
  SteadyTime at;
  /// Which one, among those that live at that time: the address of its frame, which others get later. 0: none.
  std::uint64_t coroutine = 0;
  std::uint64_t amount = 0; ///< at most 2^40 - 1
  std::uint16_t other = 0;
  TraceKind kind{};
};

/// What one worker did, in order.
struct TraceLane {
  unsigned runtime; ///< from 0, in the order in which runtimes got the buffer
  /// Nothing for the threads that are no workers: they only spawn.
  std::optional<unsigned> worker;
  std::uint64_t lost = 0; ///< events before these, of the same trace, that newer ones took the place of
  std::vector<TraceEvent> events;
};

struct TraceSnapshot {
  SteadyTime since; ///< start()
  SteadyTime until; ///< stop(), or when the snapshot was taken
  std::vector<TraceLane> lanes;

  [[nodiscard]] std::uint64_t count(TraceKind kind) const noexcept;
  [[nodiscard]] std::uint64_t lost() const noexcept;
};

namespace detail {

/// Where one worker writes, or all threads that are none.
class TraceLog {
 public:
  TraceLog(const std::atomic<bool>& recording, unsigned runtime, std::optional<unsigned> worker, std::size_t capacity)
      : recording_{recording}, runtime_{runtime}, worker_{worker}, ring_{capacity} {}

  /// Threads: one at a time. Cost when nobody records: a load.
  void record(TraceKind kind, const void* coroutine, std::uint64_t amount = 0, std::size_t other = 0) noexcept {
    if (recording_.load(std::memory_order_relaxed)) write(kind, coroutine, amount, other);
  }
  /// Threads: any.
  void record_shared(TraceKind kind, const void* coroutine) noexcept {
    const std::lock_guard lock{lock_};
    record(kind, coroutine);
  }

  /// What follows belongs to a new trace.
  void restart() noexcept { first_ = ring_.written(); }
  [[nodiscard]] TraceLane read(SteadyTime since) const;

 private:
  void write(TraceKind kind, const void* coroutine, std::uint64_t amount, std::size_t other) noexcept;

  const std::atomic<bool>& recording_;
  const unsigned runtime_;
  const std::optional<unsigned> worker_;
  TraceRing ring_;
  std::uint64_t first_ = 0; // of the trace; guarded by the buffer
  SpinLock lock_;           // of record_shared()
};

/// What one runtime writes to.
struct TraceLogs {
  std::vector<TraceLog*> workers;
  TraceLog* outside = nullptr;
};

} // namespace detail

/// Give it to RuntimeOptions::trace, and let it outlive those runtimes. Several may write to one. Threads: any, for every function;
/// to start, stop and look while tasks run is fine.
class TraceBuffer {
 public:
  static constexpr std::size_t default_capacity = std::size_t{1} << 16;

  /// \param events_per_worker rounded up to a power of two; 24 bytes each, allocated when a runtime gets the buffer.
  explicit TraceBuffer(std::size_t events_per_worker = default_capacity) noexcept : capacity_{events_per_worker} {}
  TraceBuffer(const TraceBuffer&) = delete;
  TraceBuffer& operator=(const TraceBuffer&) = delete;

  /// Begins a trace; what was recorded before is forgotten.
  void start() noexcept;
  /// Ends it. What a worker is just writing may still come.
  void stop() noexcept;
  [[nodiscard]] bool recording() const noexcept { return recording_.load(std::memory_order_relaxed); }

  /// The trace so far, or all of it after stop(); empty before the first start(). Throws std::bad_alloc. Blocks: start(), stop().
  [[nodiscard]] TraceSnapshot snapshot() const;

  // For runtimes:
  /// Throws std::bad_alloc.
  [[nodiscard]] detail::TraceLogs attach(unsigned workers);

 private:
  const std::size_t capacity_;
  std::atomic<bool> recording_{false};
  mutable std::mutex mutex_; // guards all below
  SteadyTime since_{};
  SteadyTime until_{};
  unsigned runtimes_ = 0;
  std::deque<detail::TraceLog> logs_;
};

} // namespace flowcoro
