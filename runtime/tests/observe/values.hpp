#pragma once
/// A snapshot with a different number in each field, and names that need care.
#include "flowcoro/observe/snapshot.hpp"

#include <cstdint>
#include <limits>
#include <locale>
#include <string>

namespace flowcoro::test {

[[nodiscard]] inline WorkerCounts counts_from(std::uint64_t first) {
  return {.submitted = first,
          .completed = first + 20,
          .failed = first + 1,
          .cancelled = first + 2,
          .moved_in = first + 100,
          .moved_out = first + 4,
          .steals = first + 5,
          .stolen = first + 6,
          .parks = first + 7,
          .wakes = first + 8,
          .injected = first + 9,
          .timers_fired = first + 10};
}

/// All that JSON and Prometheus must escape, and a byte that is no UTF-8.
inline const std::string odd_name = "a\"b\\c\nd\x01\xff\xc3\xa4";

[[nodiscard]] inline Snapshot made_up_snapshot() {
  Snapshot snapshot;
  snapshot.runtime_name = odd_name;
  snapshot.pid = 4242;
  snapshot.since_1970 = Nanoseconds{1'700'000'000'000'000'001};
  snapshot.at = SteadyTime{Nanoseconds{9'000'000'007}};
  for (std::uint64_t i = 0; i < 2; ++i) {
    WorkerStats worker{.counts = counts_from(1'000 * (i + 1)),
                       .parked = i == 1,
                       .guest = i == 0,
                       .queued = 31 + i,
                       .cpu = Nanoseconds{1'500'000'000},
                       .timers = {.registered = 4, .fired = 3, .cancelled = 0, .active = 1, .lateness = {}}};
    for (const std::uint64_t lateness : {0u, 1'023u, 1'024u}) worker.timers.lateness.add(lateness);
    snapshot.workers.workers.push_back(worker);
  }
  snapshot.workers.workers[0].timers.lateness.add(std::uint64_t{1} << 40); // 18 minutes
  snapshot.workers.outside = counts_from(1'000'000);
  snapshot.workers.inject_queued = 17;
  snapshot.abandoned = 18;
  snapshot.unhandled = 19;
  snapshot.frames = {
      .hits = 50, .batches_taken = 51, .carved = 52, .batches_given = 53, .mapped_bytes = 54, .trimmed_bytes = 55};
  pool::CoroutinePoolStats pool;
  pool.total_submitted = 60;
  pool.total_completed = 61;
  pool.total_failed = 62;
  pool.total_cancelled = 63;
  pool.total_timed_out = 64;
  pool.p99_task_duration_ns = 1'000'000'001;
  pool.utilization = 0.1;
  snapshot.coroutine_pools.push_back({odd_name, pool});
  snapshot.blocking_pools.push_back({"files", {.threads = 3, .idle = 1, .submitted = 70}});
  snapshot.frame_pools.push_back({"frames", {.hits = 80, .misses = 81}});
  snapshot.object_pools.push_back({"buffers", {.hits = 90, .misses = 91, .dropped = 92, .in_use = 93, .idle = 94}});
  snapshot.registry.emplace();
  snapshot.registry->by_kind[1] = {.created = 10, .completed = 3, .cancelled = 2, .failed = 1};
  snapshot.tracked = 4;
  return snapshot;
}

/// While it lives, the locale of streams that are made writes 1.234.567,8.
class OddLocale {
 public:
  OddLocale() : before_{std::locale::global(std::locale{std::locale::classic(), new Digits})} {}
  ~OddLocale() { std::locale::global(before_); }
  OddLocale(const OddLocale&) = delete;
  OddLocale& operator=(const OddLocale&) = delete;

 private:
  struct Digits : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
  };
  std::locale before_;
};

} // namespace flowcoro::test
