#include "flowcoro/observe/prometheus.hpp"

#include "text.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace flowcoro {
namespace {

struct Label {
  std::string_view name;
  std::string_view value;
};
using Labels = std::vector<Label>;

struct Seconds {
  std::uint64_t ns;
};
Seconds seconds(Nanoseconds time) noexcept { return {static_cast<std::uint64_t>(time.count())}; }

/// Families one after the other; one without samples leaves no trace.
class Exposition {
 public:
  void begin(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    type_ = type;
    help_ = help;
    announced_ = false;
  }
  template <class Value>
  void sample(const Labels& labels, Value value) {
    sample("", labels, value);
  }
  template <class Value>
  void sample(std::string_view suffix, const Labels& labels, Value value) {
    announce();
    text_.append(name_).append(suffix);
    append_labels(labels);
    text_.push_back(' ');
    append_value(value);
    text_.push_back('\n');
  }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  void announce() {
    if (announced_) return;
    announced_ = true;
    // No help text has a backslash or a line feed, which would have to be escaped.
    text_.append("# HELP ").append(name_).append(" ").append(help_).append("\n");
    text_.append("# TYPE ").append(name_).append(" ").append(type_).append("\n");
  }
  void append_labels(const Labels& labels) {
    char before = '{';
    for (const Label& label : labels) {
      text_.push_back(before);
      before = ',';
      text_.append(label.name).append("=\"");
      append_escaped(label.value);
      text_.push_back('"');
    }
    if (before == ',') text_.push_back('}');
  }
  void append_escaped(std::string_view value) {
    for (const char c : detail::valid_utf8(value)) {
      if (c == '\n') {
        text_.append("\\n");
        continue;
      }
      if (c == '\\' || c == '"') text_.push_back('\\');
      text_.push_back(c);
    }
  }
  void append_value(std::uint64_t value) { detail::append(text_, value); }
  void append_value(double value) { detail::append(text_, value); }
  void append_value(Seconds value) { detail::append_seconds(text_, value.ns); }

  std::string text_;
  std::string_view name_;
  std::string_view type_;
  std::string_view help_;
  bool announced_ = false;
};

class Writer {
 public:
  explicit Writer(std::span<const Snapshot> snapshots) : snapshots_{snapshots} {}

  [[nodiscard]] const std::string& write() {
    tasks();
    scheduling();
    queues();
    timers();
    if (!snapshots_.empty()) {
      frames(snapshots_.front().frames);
      registry(snapshots_.front());
    }
    coroutine_pools();
    blocking_pools();
    frame_pools();
    object_pools();
    return out_.text();
  }

 private:
  [[nodiscard]] static Labels labels_of(const Snapshot& snapshot, std::initializer_list<Label> more = {}) {
    Labels labels;
    if (!snapshot.runtime_name.empty()) labels.push_back({"runtime", snapshot.runtime_name});
    labels.insert(labels.end(), more);
    return labels;
  }

  /// One sample of each snapshot.
  template <class Value>
  void each(std::string_view name, std::string_view type, std::string_view help, Value value) {
    out_.begin(name, type, help);
    for (const Snapshot& snapshot : snapshots_) out_.sample(labels_of(snapshot), value(snapshot));
  }

  /// Calls `look` with the label and the counts of each worker, and of the others when there are any.
  template <class Look>
  static void for_counts(const Snapshot& snapshot, Look look) {
    for (std::size_t i = 0; i < snapshot.workers.workers.size(); ++i)
      look(std::to_string(i), snapshot.workers.workers[i].counts);
    look("outside", snapshot.workers.outside);
  }
  void count(std::string_view name, std::string_view help, std::uint64_t WorkerCounts::* which) {
    out_.begin(name, "counter", help);
    for (const Snapshot& snapshot : snapshots_)
      for_counts(snapshot, [&](std::string_view worker, const WorkerCounts& counts) {
        out_.sample(labels_of(snapshot, {{"worker", worker}}), counts.*which);
      });
  }
  template <class Value>
  void worker(std::string_view name, std::string_view type, std::string_view help, Value value) {
    out_.begin(name, type, help);
    for (const Snapshot& snapshot : snapshots_) {
      for (std::size_t i = 0; i < snapshot.workers.workers.size(); ++i) {
        const std::string index = std::to_string(i);
        out_.sample(labels_of(snapshot, {{"worker", index}}), value(snapshot.workers.workers[i]));
      }
    }
  }
  /// One sample of each pool of a kind.
  template <class Stats, class Value>
  void pool(std::vector<NamedStats<Stats>> Snapshot::* list, std::string_view name, std::string_view type,
            std::string_view help, Value value) {
    out_.begin(name, type, help);
    for (const Snapshot& snapshot : snapshots_)
      for (const auto& one : snapshot.*list)
        out_.sample(labels_of(snapshot, {{"pool", one.name}}), static_cast<std::uint64_t>(value(one.stats)));
  }
  template <class Stats>
  struct Part {
    std::string_view label;
    std::uint64_t Stats::* count;
  };
  /// One sample of each part of each pool of a kind.
  template <class Stats, std::size_t N>
  void parts(std::vector<NamedStats<Stats>> Snapshot::* list, std::string_view name, std::string_view help,
             std::string_view label, const std::array<Part<Stats>, N>& all) {
    out_.begin(name, "counter", help);
    for (const Snapshot& snapshot : snapshots_)
      for (const auto& one : snapshot.*list)
        for (const auto& part : all)
          out_.sample(labels_of(snapshot, {{"pool", one.name}, {label, part.label}}), one.stats.*part.count);
  }

  void tasks() {
    count("flowcoro_tasks_submitted_total", "Tasks that a scheduler has seen.", &WorkerCounts::submitted);
    out_.begin("flowcoro_tasks_ended_total", "counter",
               "Tasks that have ended: completed with a value, failed with an exception, cancelled on request.");
    for (const Snapshot& snapshot : snapshots_)
      for_counts(snapshot, [&](std::string_view worker, const WorkerCounts& counts) {
        const auto end = [&](std::string_view how, std::uint64_t n) {
          out_.sample(labels_of(snapshot, {{"worker", worker}, {"end", how}}), n);
        };
        end("completed", counts.completed - counts.failed);
        end("failed", counts.failed);
        end("cancelled", counts.cancelled);
      });
    count("flowcoro_tasks_moved_in_total", "Tasks that came from another runtime.", &WorkerCounts::moved_in);
    count("flowcoro_tasks_moved_out_total", "Tasks that went to another runtime.", &WorkerCounts::moved_out);
    each("flowcoro_tasks_alive", "gauge", "Tasks that have not ended.", [](const Snapshot& s) { return s.alive(); });
    each("flowcoro_tasks_abandoned", "gauge", "Tasks that a shutdown has left behind.",
         [](const Snapshot& s) { return s.abandoned; });
    each("flowcoro_unhandled_exceptions_total", "counter", "Exceptions that nobody received.",
         [](const Snapshot& s) { return s.unhandled; });
  }

  void scheduling() {
    count("flowcoro_steals_total", "Times that a worker took of another one's queue.", &WorkerCounts::steals);
    count("flowcoro_stolen_coroutines_total", "Coroutines that were taken so.", &WorkerCounts::stolen);
    count("flowcoro_parks_total", "Times that a worker went to sleep.", &WorkerCounts::parks);
    count("flowcoro_wakes_total", "Times that a worker was woken, by who woke it.", &WorkerCounts::wakes);
    count("flowcoro_injected_coroutines_total", "Coroutines from other threads, by the worker that took them.",
          &WorkerCounts::injected);
    worker("flowcoro_worker_cpu_seconds_total", "counter", "CPU time of the worker's own thread.",
           [](const WorkerStats& w) { return seconds(w.cpu); });
    worker("flowcoro_worker_parked", "gauge", "1 while the worker sleeps.",
           [](const WorkerStats& w) { return std::uint64_t{w.parked}; });
  }

  void queues() {
    worker("flowcoro_local_queue_depth", "gauge", "Coroutines that wait for their turn at a worker.",
           [](const WorkerStats& w) { return std::uint64_t{w.queued}; });
    each("flowcoro_inject_queue_depth", "gauge", "Coroutines from other threads that no worker has taken yet.",
         [](const Snapshot& s) { return std::uint64_t{s.workers.inject_queued}; });
  }

  void timers() {
    count("flowcoro_timers_fired_total", "Timers that were over, by who saw it.", &WorkerCounts::timers_fired);
    worker("flowcoro_timers_registered_total", "counter", "Timers that were armed.",
           [](const WorkerStats& w) { return w.timers.registered; });
    worker("flowcoro_timers_cancelled_total", "counter", "Timers that were cancelled before they were over.",
           [](const WorkerStats& w) { return w.timers.cancelled; });
    worker("flowcoro_timers_active", "gauge", "Timers that are armed.",
           [](const WorkerStats& w) { return w.timers.active; });
    out_.begin("flowcoro_timer_lateness_seconds", "histogram",
               "From a timer's deadline to when its coroutine was queued.");
    for (const Snapshot& snapshot : snapshots_) lateness(snapshot);
  }

  /// Each bound is the largest value of a bucket that was counted, so the counts are exact: 2^k - 1 ns, from a microsecond to 17 s.
  void lateness(const Snapshot& snapshot) {
    constexpr unsigned first_power = 10;
    constexpr unsigned last_power = 34;
    const Histogram all = snapshot.workers.timers().lateness;
    std::uint64_t so_far = 0;
    std::size_t bucket = 0;
    for (unsigned power = first_power; power <= last_power; ++power) {
      const std::uint64_t bound = (std::uint64_t{1} << power) - 1;
      for (; bucket <= Histogram::bucket_of(bound); ++bucket) so_far += all.count_in(bucket);
      std::string le;
      detail::append_seconds(le, bound);
      out_.sample("_bucket", labels_of(snapshot, {{"le", le}}), so_far);
    }
    out_.sample("_bucket", labels_of(snapshot, {{"le", "+Inf"}}), all.count());
    out_.sample("_sum", labels_of(snapshot), Seconds{all.sum()});
    out_.sample("_count", labels_of(snapshot), all.count());
  }

  void frames(const FrameStatistics& frames) {
    out_.begin("flowcoro_frame_allocations_total", "counter",
               "Frames of coroutines, by where their memory came from: the thread's own list, a batch of others, fresh "
               "memory.");
    out_.sample({{"source", "own"}}, frames.hits);
    out_.sample({{"source", "batch"}}, frames.batches_taken);
    out_.sample({{"source", "fresh"}}, frames.carved);
    out_.begin("flowcoro_frame_batches_given_total", "counter", "Batches of free frames that threads have passed on.");
    out_.sample({}, frames.batches_given);
    out_.begin("flowcoro_frame_mapped_bytes", "gauge", "Memory for frames that is mapped from the system.");
    out_.sample({}, std::uint64_t{frames.mapped_bytes});
    out_.begin("flowcoro_frame_trimmed_bytes_total", "counter", "Memory for frames that was given back to the system.");
    out_.sample({}, std::uint64_t{frames.trimmed_bytes});
  }

  void registry(const Snapshot& snapshot) {
    if (!snapshot.registry) return;
    constexpr std::array<std::string_view, task_kinds> kinds{"plain", "tracked", "pooled"};
    const auto& all = snapshot.registry->by_kind;
    out_.begin("flowcoro_registry_tasks_created_total", "counter", "Tasks with a policy.");
    for (std::size_t i = 0; i < task_kinds; ++i) out_.sample({{"kind", kinds[i]}}, all[i].created);
    out_.begin("flowcoro_registry_tasks_ended_total", "counter", "Tasks with a policy that have ended.");
    for (std::size_t i = 0; i < task_kinds; ++i) {
      out_.sample({{"kind", kinds[i]}, {"end", "completed"}}, all[i].completed);
      out_.sample({{"kind", kinds[i]}, {"end", "failed"}}, all[i].failed);
      out_.sample({{"kind", kinds[i]}, {"end", "cancelled"}}, all[i].cancelled);
    }
    out_.begin("flowcoro_registry_tracked_tasks", "gauge", "Tasks that the registry lists.");
    out_.sample({}, std::uint64_t{snapshot.tracked});
  }

  void coroutine_pools() {
    using Stats = pool::CoroutinePoolStats;
    constexpr auto pools = &Snapshot::coroutine_pools;
    const auto number = [this](std::string_view name, std::string_view type, std::string_view help,
                               auto Stats::* which) {
      pool(&Snapshot::coroutine_pools, name, type, help, [which](const Stats& s) { return s.*which; });
    };
    number("flowcoro_pool_tasks_submitted_total", "counter", "Tasks that the pool has taken.", &Stats::total_submitted);
    parts(pools, "flowcoro_pool_tasks_ended_total", "Tasks of the pool that have ended.", "end",
          std::array<Part<Stats>, 4>{{{"completed", &Stats::total_completed},
                                      {"failed", &Stats::total_failed},
                                      {"cancelled", &Stats::total_cancelled},
                                      {"timed_out", &Stats::total_timed_out}}});
    number("flowcoro_pool_tasks_rejected_total", "counter", "Tasks that the pool has not taken.",
           &Stats::total_rejected);
    number("flowcoro_pool_tasks_overdue_total", "counter", "Tasks whose time was over.", &Stats::total_overdue);
    number("flowcoro_pool_tasks_active", "gauge", "Tasks that run.", &Stats::active);
    number("flowcoro_pool_tasks_pending", "gauge", "Tasks that wait for their start.", &Stats::pending);
    number("flowcoro_pool_tasks_active_overdue", "gauge", "Tasks that run though their time is over.", &Stats::overdue);
    number("flowcoro_pool_tasks_active_max", "gauge", "Most tasks that ran at once.", &Stats::max_concurrent);
    number("flowcoro_pool_steals_total", "counter", "Coroutines stolen in the pool's runtime since the pool was made.",
           &Stats::work_steal_count);
    out_.begin("flowcoro_pool_utilization_ratio", "gauge", "Tasks that run, as a part of the pool's maximum.");
    for (const Snapshot& s : snapshots_)
      for (const auto& one : s.coroutine_pools) out_.sample(labels_of(s, {{"pool", one.name}}), one.stats.utilization);
    out_.begin("flowcoro_pool_task_duration_quantile_seconds", "gauge",
               "From start to end of the tasks so far; up to a quarter too high.");
    for (const Snapshot& s : snapshots_) {
      for (const auto& one : s.coroutine_pools) {
        out_.sample(labels_of(s, {{"pool", one.name}, {"quantile", "0.5"}}), Seconds{one.stats.p50_task_duration_ns});
        out_.sample(labels_of(s, {{"pool", one.name}, {"quantile", "0.99"}}), Seconds{one.stats.p99_task_duration_ns});
      }
    }
    out_.begin("flowcoro_pool_task_duration_mean_seconds", "gauge", "From start to end of the tasks so far.");
    for (const Snapshot& s : snapshots_)
      for (const auto& one : s.coroutine_pools)
        out_.sample(labels_of(s, {{"pool", one.name}}), Seconds{one.stats.avg_task_duration_ns});
  }

  void blocking_pools() {
    using Stats = BlockingPoolStats;
    const auto number = [this](std::string_view name, std::string_view type, std::string_view help,
                               auto Stats::* which) {
      pool(&Snapshot::blocking_pools, name, type, help, [which](const Stats& s) { return s.*which; });
    };
    number("flowcoro_blocking_pool_threads", "gauge", "Threads for calls that block.", &Stats::threads);
    number("flowcoro_blocking_pool_threads_idle", "gauge", "Threads of those without work.", &Stats::idle);
    number("flowcoro_blocking_pool_threads_max", "gauge", "Most threads at once.", &Stats::most_threads);
    number("flowcoro_blocking_pool_queue_depth", "gauge", "Calls that wait for a thread.", &Stats::queued);
    number("flowcoro_blocking_pool_submitted_total", "counter", "Calls that were handed over.", &Stats::submitted);
    number("flowcoro_blocking_pool_completed_total", "counter", "Calls that have returned or thrown.",
           &Stats::completed);
    number("flowcoro_blocking_pool_unhandled_total", "counter", "Exceptions that nobody received.", &Stats::unhandled);
  }

  void frame_pools() {
    using Stats = BoundedFramePoolStats;
    const auto number = [this](std::string_view name, std::string_view type, std::string_view help,
                               auto Stats::* which) {
      pool(&Snapshot::frame_pools, name, type, help, [which](const Stats& s) { return s.*which; });
    };
    parts(&Snapshot::frame_pools, "flowcoro_frame_pool_allocations_total",
          "Blocks given out, by where they came from: kept by the pool, or the heap.", "source",
          std::array<Part<Stats>, 2>{{{"pool", &Stats::hits}, {"heap", &Stats::misses}}});
    number("flowcoro_frame_pool_frees_total", "counter", "Blocks that came back.", &Stats::frees);
    number("flowcoro_frame_pool_saved_bytes_total", "counter", "Bytes that the heap was not asked for.",
           &Stats::bytes_saved);
    number("flowcoro_frame_pool_returned_total", "counter", "Blocks that went back to the heap.", &Stats::returned);
    number("flowcoro_frame_pool_free_blocks", "gauge", "Free blocks that are kept.", &Stats::free);
  }

  void object_pools() {
    using Stats = ObjectPoolStats;
    const auto number = [this](std::string_view name, std::string_view type, std::string_view help,
                               auto Stats::* which) {
      pool(&Snapshot::object_pools, name, type, help, [which](const Stats& s) { return s.*which; });
    };
    parts(&Snapshot::object_pools, "flowcoro_object_pool_acquired_total", "Objects lent out, by where they came from.",
          "source", std::array<Part<Stats>, 2>{{{"idle", &Stats::hits}, {"made", &Stats::misses}}});
    number("flowcoro_object_pool_dropped_total", "counter", "Objects that came back and were destroyed.",
           &Stats::dropped);
    number("flowcoro_object_pool_in_use", "gauge", "Objects that are lent out.", &Stats::in_use);
    number("flowcoro_object_pool_idle", "gauge", "Objects that wait to be lent out.", &Stats::idle);
  }

  std::span<const Snapshot> snapshots_;
  Exposition out_;
};

} // namespace

void write_prometheus(std::ostream& out, std::span<const Snapshot> snapshots) {
  std::set<std::string_view> names;
  for (const Snapshot& snapshot : snapshots)
    if (!names.insert(snapshot.runtime_name).second)
      throw std::invalid_argument{"two snapshots are of a runtime named '" + snapshot.runtime_name + "'"};
  Writer writer{snapshots};
  const std::string& text = writer.write();
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
}

void write_prometheus(std::ostream& out, const Snapshot& snapshot) { write_prometheus(out, std::span{&snapshot, 1}); }

} // namespace flowcoro
