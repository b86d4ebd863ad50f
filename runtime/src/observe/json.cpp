#include "flowcoro/observe/json.hpp"

#include "json_writer.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace flowcoro {
namespace {

using detail::JsonWriter;

/// Named numbers of an object.
template <class Stats, class... Number>
void fields(JsonWriter& json, const Stats& stats, const std::pair<std::string_view, Number Stats::*>&... all) {
  const auto one = [&json](std::string_view name, auto value) {
    if constexpr (std::is_floating_point_v<decltype(value)>)
      json.field(name, value);
    else
      json.field(name, std::uint64_t{value});
  };
  (one(all.first, stats.*all.second), ...);
}
template <class Stats, class Number>
[[nodiscard]] std::pair<std::string_view, Number Stats::*> as(std::string_view name, Number Stats::* which) noexcept {
  return {name, which};
}

void write(JsonWriter& json, const WorkerCounts& counts) {
  using C = WorkerCounts;
  fields(json, counts, as("submitted", &C::submitted), as("completed", &C::completed), as("failed", &C::failed),
         as("cancelled", &C::cancelled), as("moved_in", &C::moved_in), as("moved_out", &C::moved_out),
         as("steals", &C::steals), as("stolen", &C::stolen), as("parks", &C::parks), as("wakes", &C::wakes),
         as("injected", &C::injected), as("timers_fired", &C::timers_fired));
}

void write(JsonWriter& json, const TimerStats& timers) {
  using T = TimerStats;
  fields(json, timers, as("registered", &T::registered), as("fired", &T::fired), as("cancelled", &T::cancelled),
         as("active", &T::active));
}

void write(JsonWriter& json, const Histogram& values) {
  json.begin_object();
  json.field("count", values.count());
  json.field("sum", values.sum());
  json.field("p50", values.percentile(0.5));
  json.field("p99", values.percentile(0.99));
  json.field("max", values.percentile(1));
  json.key("buckets");
  json.begin_array();
  for (std::size_t i = 0; i < Histogram::buckets; ++i) {
    if (values.count_in(i) == 0) continue;
    json.begin_array();
    json.number(Histogram::largest_in(i));
    json.number(values.count_in(i));
    json.end_array();
  }
  json.end_array();
  json.end_object();
}

void write(JsonWriter& json, const FrameStatistics& frames) {
  using F = FrameStatistics;
  fields(json, frames, as("hits", &F::hits), as("batches_taken", &F::batches_taken), as("carved", &F::carved),
         as("batches_given", &F::batches_given), as("mapped_bytes", &F::mapped_bytes),
         as("trimmed_bytes", &F::trimmed_bytes));
}

void write(JsonWriter& json, const pool::CoroutinePoolStats& stats) {
  using S = pool::CoroutinePoolStats;
  fields(json, stats, as("submitted", &S::total_submitted), as("completed", &S::total_completed),
         as("failed", &S::total_failed), as("cancelled", &S::total_cancelled), as("timed_out", &S::total_timed_out),
         as("rejected", &S::total_rejected), as("overdue_total", &S::total_overdue), as("active", &S::active),
         as("pending", &S::pending), as("overdue", &S::overdue), as("max_concurrent", &S::max_concurrent),
         as("avg_duration_ns", &S::avg_task_duration_ns), as("p50_duration_ns", &S::p50_task_duration_ns),
         as("p99_duration_ns", &S::p99_task_duration_ns), as("steals", &S::work_steal_count),
         as("utilization", &S::utilization));
}

void write(JsonWriter& json, const BlockingPoolStats& stats) {
  using S = BlockingPoolStats;
  fields(json, stats, as("threads", &S::threads), as("idle", &S::idle), as("most_threads", &S::most_threads),
         as("queued", &S::queued), as("submitted", &S::submitted), as("completed", &S::completed),
         as("unhandled", &S::unhandled));
}

void write(JsonWriter& json, const BoundedFramePoolStats& stats) {
  using S = BoundedFramePoolStats;
  fields(json, stats, as("hits", &S::hits), as("misses", &S::misses), as("frees", &S::frees),
         as("bytes_saved", &S::bytes_saved), as("returned", &S::returned), as("free", &S::free));
}

void write(JsonWriter& json, const ObjectPoolStats& stats) {
  using S = ObjectPoolStats;
  fields(json, stats, as("hits", &S::hits), as("misses", &S::misses), as("dropped", &S::dropped),
         as("in_use", &S::in_use), as("idle", &S::idle));
}

template <class Stats>
void write_list(JsonWriter& json, std::string_view key, const std::vector<NamedStats<Stats>>& list) {
  json.key(key);
  json.begin_array();
  for (const auto& one : list) {
    json.begin_object();
    json.key("name");
    json.string(one.name);
    write(json, one.stats);
    json.end_object();
  }
  json.end_array();
}

void write_workers(JsonWriter& json, const StatsByWorker& stats) {
  json.key("workers");
  json.begin_array();
  for (std::size_t i = 0; i < stats.workers.size(); ++i) {
    const WorkerStats& worker = stats.workers[i];
    json.begin_object();
    json.field("index", std::uint64_t{i});
    json.key("parked");
    json.boolean(worker.parked);
    json.key("guest");
    json.boolean(worker.guest);
    json.field("queued", std::uint64_t{worker.queued});
    json.key("cpu_ns");
    json.signed_number(worker.cpu.count());
    write(json, worker.counts);
    json.key("timers");
    json.begin_object();
    write(json, worker.timers);
    json.end_object();
    json.end_object();
  }
  json.end_array();
  json.key("outside");
  json.begin_object();
  write(json, stats.outside);
  json.end_object();
}

void write_registry(JsonWriter& json, const Snapshot& snapshot) {
  json.key("registry");
  if (!snapshot.registry) return json.null();
  constexpr std::array<std::string_view, task_kinds> kinds{"plain", "tracked", "pooled"};
  json.begin_object();
  json.field("tracked_now", std::uint64_t{snapshot.tracked});
  for (std::size_t i = 0; i < task_kinds; ++i) {
    json.key(kinds[i]);
    json.begin_object();
    using T = TaskCounts;
    fields(json, snapshot.registry->by_kind[i], as("created", &T::created), as("completed", &T::completed),
           as("failed", &T::failed), as("cancelled", &T::cancelled));
    json.end_object();
  }
  json.end_object();
}

} // namespace

std::string to_json(const Snapshot& snapshot) {
  JsonWriter json;
  json.begin_object();
  json.field("v", std::uint64_t{1});
  json.key("pid");
  json.signed_number(snapshot.pid);
  json.key("runtime");
  json.string(snapshot.runtime_name);
  json.key("unix_ns");
  json.signed_number(snapshot.since_1970.count());
  json.key("steady_ns");
  json.signed_number(snapshot.at.time_since_epoch().count());

  json.key("tasks");
  json.begin_object();
  write(json, snapshot.workers.total());
  json.field("alive", snapshot.alive());
  json.field("abandoned", snapshot.abandoned);
  json.field("unhandled", snapshot.unhandled);
  json.end_object();
  json.field("inject_queued", std::uint64_t{snapshot.workers.inject_queued});
  write_workers(json, snapshot.workers);

  const TimerStats timers = snapshot.workers.timers();
  json.key("timers");
  json.begin_object();
  write(json, timers);
  json.key("lateness_ns");
  write(json, timers.lateness);
  json.end_object();

  json.key("frames");
  json.begin_object();
  write(json, snapshot.frames);
  json.end_object();
  write_list(json, "coroutine_pools", snapshot.coroutine_pools);
  write_list(json, "blocking_pools", snapshot.blocking_pools);
  write_list(json, "frame_pools", snapshot.frame_pools);
  write_list(json, "object_pools", snapshot.object_pools);
  write_registry(json, snapshot);
  json.end_object();
  return json.take();
}

void write_json(std::ostream& out, const Snapshot& snapshot) {
  const std::string text = to_json(snapshot);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
}

} // namespace flowcoro
