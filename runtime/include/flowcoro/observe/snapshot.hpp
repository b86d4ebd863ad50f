#pragma once
/// All that is counted of a runtime, and of what the program names beside it, at one moment.
#include "flowcoro/base/time.hpp"
#include "flowcoro/coro/task_registry.hpp"
#include "flowcoro/mem/bounded_frame_pool.hpp"
#include "flowcoro/mem/frame_pool.hpp"
#include "flowcoro/mem/object_pool.hpp"
#include "flowcoro/pool/coroutine_pool_stats.hpp"
#include "flowcoro/sched/blocking_pool.hpp"
#include "flowcoro/sched/worker_stats.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace flowcoro {
class Runtime;
namespace pool {
class CoroutinePool;
} // namespace pool

template <class Stats>
struct NamedStats {
  std::string name;
  Stats stats;
};

/// Its parts were read one after the other, within some microseconds.
///
/// Exact when no task runs and none is on its way in: every sum over workers, so submitted = completed + cancelled and the inject queue
/// is empty; and the pools while nobody is in a call of theirs. At any other time each number was right at some moment of the call, but
/// not all at the same: a task that starts and ends meanwhile may look as if it had not ended, never the other way. Timers are exact for
/// each worker always. parks, wakes and cpu go on while workers look for work, until the runtime's shutdown has returned.
/// No count ever goes down while the program runs, but for what says how much there is now.
struct Snapshot {
  std::string runtime_name;
  std::int64_t pid = 0;
  Nanoseconds since_1970{0}; ///< by the system's clock, which may jump
  SteadyTime at{};
  StatsByWorker workers;
  std::uint64_t abandoned = 0; ///< tasks, see RuntimeStats
  std::uint64_t unhandled = 0; ///< exceptions that nobody received
  FrameStatistics frames;      ///< of the whole process, all 0 in builds with a sanitizer

  std::vector<NamedStats<pool::CoroutinePoolStats>> coroutine_pools;
  std::vector<NamedStats<BlockingPoolStats>> blocking_pools;
  std::vector<NamedStats<BoundedFramePoolStats>> frame_pools;
  std::vector<NamedStats<ObjectPoolStats>> object_pools;
  /// Of tasks with a policy, when the registry was named.
  std::optional<TaskSnapshot> registry;
  std::size_t tracked = 0; ///< tasks that the registry lists

  /// Tasks that have not ended.
  [[nodiscard]] std::uint64_t alive() const noexcept;
};

/// What goes into a snapshot beside the runtime. All that is named must live as long as snapshots are taken with it.
/// Threads: one at a time; take_snapshot() from any.
class SnapshotSources {
 public:
  SnapshotSources() = default;
  /// \param runtime_name tells several runtimes of a program apart; may be empty.
  explicit SnapshotSources(std::string runtime_name) : runtime_name_{std::move(runtime_name)} {}

  /// Each throws std::invalid_argument when another one of its kind has the name.
  SnapshotSources& add(std::string name, const pool::CoroutinePool& pool);
  SnapshotSources& add(std::string name, const BlockingPool& pool);
  SnapshotSources& add(std::string name, const BoundedFramePool& pool);
  template <class T>
  SnapshotSources& add(std::string name, const ObjectPool<T>& pool) {
    insert(object_pools_, std::move(name), [&pool] { return pool.stats(); });
    return *this;
  }
  SnapshotSources& add(const TaskRegistry& registry) noexcept {
    registry_ = &registry;
    return *this;
  }

 private:
  friend Snapshot take_snapshot(const Runtime& runtime, const SnapshotSources& sources);

  template <class Stats>
  using List = std::vector<NamedStats<std::function<Stats()>>>;

  /// Throws when `name` is in use.
  static void refuse_used(const std::string& name, bool used);
  template <class Stats, class Look>
  static void insert(List<Stats>& list, std::string name, Look look) {
    bool used = false;
    for (const auto& other : list) used = used || other.name == name;
    refuse_used(name, used);
    list.push_back({std::move(name), std::move(look)});
  }

  std::string runtime_name_;
  List<pool::CoroutinePoolStats> coroutine_pools_;
  List<BlockingPoolStats> blocking_pools_;
  List<BoundedFramePoolStats> frame_pools_;
  List<ObjectPoolStats> object_pools_;
  const TaskRegistry* registry_ = nullptr;
};

/// Threads: any, tasks of the runtime too. Blocks: short locks of each worker's timers and of each pool. Allocates: some 2 KB for each
/// worker. Throws std::bad_alloc. Cost: some microseconds; the workers pay nothing for it but those locks.
[[nodiscard]] Snapshot take_snapshot(const Runtime& runtime, const SnapshotSources& sources = SnapshotSources{});

} // namespace flowcoro
