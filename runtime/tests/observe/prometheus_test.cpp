#include "flowcoro/observe/prometheus.hpp"

#include "flowcoro/sched/runtime.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "observe/exposition.hpp"
#include "observe/values.hpp"

#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace {

using flowcoro::Runtime;
using flowcoro::Snapshot;
using flowcoro::take_snapshot;
using flowcoro::write_prometheus;
using flowcoro::test::Exposition;
using flowcoro::test::made_up_snapshot;

/// What a reader gets of odd_name: the byte that is no UTF-8 is replaced.
const std::string read_name = "a\"b\\c\nd\x01\xef\xbf\xbd\xc3\xa4";

std::string text_of(const Snapshot& snapshot) {
  std::ostringstream out;
  write_prometheus(out, snapshot);
  return out.str();
}

TEST(Prometheus, StrictReaderRefusesWhatIsNoExposition) {
  constexpr std::string_view head = "# HELP a_total x\n# TYPE a_total counter\n";
  for (const std::string_view bad :
       {"a_total 1", "a_total 1\na_total 2\n", "a_total x\n", "a_total{b=\"\\t\"} 1\n", "a_total{b=\"c\",b=\"d\"} 1\n",
        "a_total{0=\"c\"} 1\n", "b_total 1\n", "a_total -1\n", "a_total{b=\"c\"}1\n", "a_total NaN\n",
        "a_total{b=\"c} 1\n", "# HELP a_total x\n", "\n"})
    EXPECT_THROW(Exposition{std::string{head} + std::string{bad}}, std::runtime_error) << bad;
  EXPECT_THROW(Exposition{"# TYPE a_total counter\na_total 1\n"}, std::runtime_error);
  EXPECT_THROW(Exposition{"# HELP a x\n# TYPE a counter\na 1\n"}, std::runtime_error);
  EXPECT_THROW(Exposition{std::string{head} + "a_total 1\n# HELP a x\n# TYPE a gauge\na 1\n"}, std::runtime_error);
  constexpr std::string_view histogram = "# HELP a x\n# TYPE a histogram\n";
  for (const std::string_view bad :
       {"a_bucket{le=\"1\"} 1\na_sum 1\na_count 1\n", "a_bucket{le=\"+Inf\"} 2\na_sum 1\na_count 1\n",
        "a_bucket{le=\"1\"} 3\na_bucket{le=\"+Inf\"} 2\na_sum 1\na_count 2\n", "a_bucket{le=\"+Inf\"} 2\na_count 2\n",
        "a_bucket{le=\"2\"} 1\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 2\na_sum 1\na_count 2\n"})
    EXPECT_THROW(Exposition{std::string{histogram} + std::string{bad}}, std::runtime_error) << bad;
  EXPECT_NO_THROW((Exposition{std::string{head} + "a_total{b=\"\\\\\\\"\\n\",c=\"\"} 1\na_total 2e3\n"}));
}

TEST(Prometheus, WritesEachNumberUnderItsLabels) {
  const Exposition read{text_of(made_up_snapshot())};
  const auto worker = [](std::string_view which) {
    return std::map<std::string, std::string>{{"runtime", read_name}, {"worker", std::string{which}}};
  };
  EXPECT_EQ(read.value("flowcoro_tasks_submitted_total", worker("0")), 1'000);
  EXPECT_EQ(read.value("flowcoro_tasks_submitted_total", worker("1")), 2'000);
  EXPECT_EQ(read.value("flowcoro_tasks_submitted_total", worker("outside")), 1'000'000);
  EXPECT_EQ(read.sum("flowcoro_tasks_submitted_total"), 1'003'000);
  auto ended = worker("1");
  ended["end"] = "completed";
  EXPECT_EQ(read.value("flowcoro_tasks_ended_total", ended), 2'020 - 2'001) << "those with a value only";
  ended["end"] = "failed";
  EXPECT_EQ(read.value("flowcoro_tasks_ended_total", ended), 2'001);
  EXPECT_EQ(read.value("flowcoro_steals_total", worker("0")), 1'005);
  EXPECT_EQ(read.value("flowcoro_injected_coroutines_total", worker("0")), 1'009);
  EXPECT_EQ(read.value("flowcoro_worker_cpu_seconds_total", worker("0")), 1.5);
  EXPECT_EQ(read.value("flowcoro_worker_parked", worker("1")), 1);
  EXPECT_EQ(read.value("flowcoro_local_queue_depth", worker("1")), 32);
  EXPECT_EQ(read.value("flowcoro_inject_queue_depth", {{"runtime", read_name}}), 17);
  EXPECT_EQ(read.value("flowcoro_tasks_abandoned", {{"runtime", read_name}}), 18);
  EXPECT_EQ(read.value("flowcoro_frame_allocations_total", {{"source", "batch"}}), 51);
  EXPECT_EQ(read.value("flowcoro_pool_tasks_ended_total",
                       {{"runtime", read_name}, {"pool", read_name}, {"end", "timed_out"}}),
            64);
  EXPECT_EQ(read.value("flowcoro_pool_utilization_ratio", {{"runtime", read_name}, {"pool", read_name}}), 0.1);
  EXPECT_EQ(read.value("flowcoro_pool_task_duration_quantile_seconds",
                       {{"runtime", read_name}, {"pool", read_name}, {"quantile", "0.99"}}),
            1.000000001);
  EXPECT_EQ(read.value("flowcoro_blocking_pool_threads", {{"runtime", read_name}, {"pool", "files"}}), 3);
  EXPECT_EQ(read.value("flowcoro_object_pool_acquired_total",
                       {{"runtime", read_name}, {"pool", "buffers"}, {"source", "made"}}),
            91);
  EXPECT_EQ(read.value("flowcoro_registry_tasks_ended_total", {{"kind", "tracked"}, {"end", "cancelled"}}), 2);
  EXPECT_EQ(read.value("flowcoro_registry_tracked_tasks"), 4);
}

/// A test in Python reads the same file with the reader that Prometheus' users have.
TEST(Prometheus, WritesWhatTheFileSays) {
  std::ifstream file{FLOWCORO_OBSERVE_TESTS "/made_up_snapshot.prom", std::ios::binary};
  const std::string expected{std::istreambuf_iterator<char>{file}, {}};
  EXPECT_EQ(text_of(made_up_snapshot()), expected);
}

TEST(Prometheus, CountsLatenessExactlyAtTheBoundsOfItsBuckets) {
  const Exposition read{text_of(made_up_snapshot())};
  const auto bucket = [&](std::string_view le) {
    return read.value("flowcoro_timer_lateness_seconds_bucket", {{"runtime", read_name}, {"le", std::string{le}}});
  };
  EXPECT_EQ(bucket("0.000001023"), 4) << "0 and 1,023 of both workers";
  EXPECT_EQ(bucket("0.000002047"), 6);
  EXPECT_EQ(bucket("17.179869183"), 6);
  EXPECT_EQ(bucket("+Inf"), 7);
  EXPECT_DOUBLE_EQ(read.value("flowcoro_timer_lateness_seconds_sum", {{"runtime", read_name}}),
                   (2 * 2'047 + 1'099'511'627'776) / 1e9);
}

TEST(Prometheus, HasNothingOfWhatTheSnapshotHasNot) {
  const Runtime runtime{{.workers = 1}};
  const Exposition read{text_of(take_snapshot(runtime))};
  EXPECT_TRUE(read.families().contains("flowcoro_parks_total"));
  for (const auto& [name, family] : read.families()) {
    EXPECT_FALSE(name.find("pool") != std::string::npos || name.find("registry") != std::string::npos) << name;
    for (const auto& sample : family.samples) EXPECT_FALSE(sample.labels.contains("runtime"));
  }
}

TEST(Prometheus, IsTheSameInEveryLocaleAndOnEveryStream) {
  const std::string expected = text_of(made_up_snapshot());
  const flowcoro::test::OddLocale odd;
  std::ostringstream out;
  out << std::hex << std::showbase;
  out.width(40);
  write_prometheus(out, made_up_snapshot());
  EXPECT_EQ(out.str(), expected);
}

TEST(Prometheus, TellsSeveralRuntimesApart) {
  Runtime one{{.workers = 1}};
  Runtime two{{.workers = 2}};
  auto task = flowcoro::spawn_on(two, [] {});
  flowcoro::sync_wait(two, task);
  std::array both{take_snapshot(one, flowcoro::SnapshotSources{"one"}),
                  take_snapshot(two, flowcoro::SnapshotSources{"two"})};
  std::ostringstream out;
  write_prometheus(out, both);
  const Exposition read{out.str()};
  EXPECT_EQ(read.family("flowcoro_parks_total").samples.size(), 2u + 3u);
  EXPECT_EQ(read.value("flowcoro_tasks_submitted_total", {{"runtime", "two"}, {"worker", "outside"}}), 1);
  both[1].runtime_name = "one";
  std::ostringstream none;
  EXPECT_THROW(write_prometheus(none, both), std::invalid_argument);
  EXPECT_EQ(none.str(), "");
}

} // namespace
