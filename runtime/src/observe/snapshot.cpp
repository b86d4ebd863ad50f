#include "flowcoro/observe/snapshot.hpp"

#include "flowcoro/pool/coroutine_pool.hpp"
#include "flowcoro/sched/runtime.hpp"

#include <unistd.h>

#include <chrono>
#include <stdexcept>

namespace flowcoro {
namespace {

template <class Stats>
[[nodiscard]] std::vector<NamedStats<Stats>> look_at(const std::vector<NamedStats<std::function<Stats()>>>& list) {
  std::vector<NamedStats<Stats>> all;
  all.reserve(list.size());
  for (const auto& one : list) all.push_back({one.name, one.stats()});
  return all;
}

} // namespace

std::uint64_t Snapshot::alive() const noexcept {
  const WorkerCounts all = workers.total();
  return all.submitted + all.moved_in - all.completed - all.cancelled - all.moved_out;
}

SnapshotSources& SnapshotSources::add(std::string name, const pool::CoroutinePool& pool) {
  insert(coroutine_pools_, std::move(name), [&pool] { return pool.stats(); });
  return *this;
}

SnapshotSources& SnapshotSources::add(std::string name, const BlockingPool& pool) {
  insert(blocking_pools_, std::move(name), [&pool] { return pool.stats(); });
  return *this;
}

SnapshotSources& SnapshotSources::add(std::string name, const BoundedFramePool& pool) {
  insert(frame_pools_, std::move(name), [&pool] { return pool.stats(); });
  return *this;
}

void SnapshotSources::refuse_used(const std::string& name, bool used) {
  if (used) throw std::invalid_argument{"a snapshot has another pool of this kind with the name '" + name + "'"};
}

Snapshot take_snapshot(const Runtime& runtime, const SnapshotSources& sources) {
  Snapshot snapshot;
  snapshot.runtime_name = sources.runtime_name_;
  snapshot.pid = getpid();
  snapshot.since_1970 = std::chrono::system_clock::now().time_since_epoch();
  snapshot.at = steady_now();
  snapshot.workers = runtime.stats_by_worker();
  const RuntimeStats sums = runtime.stats();
  snapshot.abandoned = sums.abandoned;
  snapshot.unhandled = sums.unhandled;
  snapshot.frames = frame_statistics();
  snapshot.coroutine_pools = look_at(sources.coroutine_pools_);
  snapshot.blocking_pools = look_at(sources.blocking_pools_);
  snapshot.frame_pools = look_at(sources.frame_pools_);
  snapshot.object_pools = look_at(sources.object_pools_);
  if (sources.registry_ != nullptr) {
    snapshot.registry = sources.registry_->snapshot();
    snapshot.tracked = sources.registry_->live();
  }
  return snapshot;
}

} // namespace flowcoro
