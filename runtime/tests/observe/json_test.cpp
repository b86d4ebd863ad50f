#include "flowcoro/observe/json.hpp"

#include "flowcoro/sched/runtime.hpp"
#include "observe/values.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdint>
#include <limits>
#include <sstream>
#include <string>

namespace {

using flowcoro::Snapshot;
using flowcoro::to_json;
using flowcoro::test::made_up_snapshot;
using nlohmann::json;

const std::string read_name = "a\"b\\c\nd\x01\xef\xbf\xbd\xc3\xa4";

/// Strict: throws at what is no JSON, as a NaN, and at what is no UTF-8.
json read(const Snapshot& snapshot) { return json::parse(to_json(snapshot)); }

TEST(Json, HasEachNumberUnderItsName) {
  const json all = read(made_up_snapshot());
  EXPECT_EQ(all["v"], 1);
  EXPECT_EQ(all["pid"], 4242);
  EXPECT_EQ(all["runtime"], read_name);
  EXPECT_EQ(all["unix_ns"], 1'700'000'000'000'000'001);
  EXPECT_EQ(all["steady_ns"], 9'000'000'007);
  EXPECT_EQ(all["tasks"]["submitted"], 1'003'000);
  EXPECT_EQ(all["tasks"]["alive"], made_up_snapshot().alive());
  EXPECT_EQ(all["tasks"]["abandoned"], 18);
  EXPECT_EQ(all["inject_queued"], 17);
  ASSERT_EQ(all["workers"].size(), 2u);
  EXPECT_EQ(all["workers"][1]["index"], 1);
  EXPECT_EQ(all["workers"][1]["parked"], true);
  EXPECT_EQ(all["workers"][1]["guest"], false);
  EXPECT_EQ(all["workers"][1]["queued"], 32);
  EXPECT_EQ(all["workers"][1]["cpu_ns"], 1'500'000'000);
  EXPECT_EQ(all["workers"][1]["failed"], 2'001);
  EXPECT_EQ(all["workers"][1]["timers"]["active"], 1);
  EXPECT_EQ(all["outside"]["wakes"], 1'000'008);
  EXPECT_EQ(all["frames"]["mapped_bytes"], 54);
  EXPECT_EQ(all["coroutine_pools"][0]["name"], read_name);
  EXPECT_EQ(all["coroutine_pools"][0]["timed_out"], 64);
  EXPECT_EQ(all["coroutine_pools"][0]["utilization"], 0.1);
  EXPECT_EQ(all["blocking_pools"][0]["idle"], 1);
  EXPECT_EQ(all["frame_pools"][0]["misses"], 81);
  EXPECT_EQ(all["object_pools"][0]["in_use"], 93);
  EXPECT_EQ(all["registry"]["tracked_now"], 4);
  EXPECT_EQ(all["registry"]["tracked"]["created"], 10);
}

TEST(Json, ListsTheBucketsOfLatenessThatHaveSomething) {
  const json lateness = read(made_up_snapshot())["timers"]["lateness_ns"];
  EXPECT_EQ(lateness["count"], 7);
  EXPECT_EQ(lateness["sum"], 2 * 2'047 + 1'099'511'627'776);
  EXPECT_EQ(lateness["buckets"].size(), 4u);
  EXPECT_EQ(lateness["buckets"][0], json::array({0, 2}));
  EXPECT_EQ(lateness["buckets"][1], json::array({1'023, 2}));
}

TEST(Json, HasNoValueForWhatIsNoNumber) {
  Snapshot snapshot = made_up_snapshot();
  for (const double value : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    snapshot.coroutine_pools[0].stats.utilization = value;
    EXPECT_TRUE(read(snapshot)["coroutine_pools"][0]["utilization"].is_null());
  }
}

TEST(Json, KeepsTheLargestNumbers) {
  Snapshot snapshot = made_up_snapshot();
  snapshot.unhandled = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(read(snapshot)["tasks"]["unhandled"], std::numeric_limits<std::uint64_t>::max());
}

TEST(Json, IsOneLineAndTheSameInEveryLocaleAndOnEveryStream) {
  const std::string expected = to_json(made_up_snapshot());
  EXPECT_EQ(expected.find('\n'), std::string::npos);
  const flowcoro::test::OddLocale odd;
  std::ostringstream out;
  out << std::hex;
  out.width(40);
  flowcoro::write_json(out, made_up_snapshot());
  EXPECT_EQ(out.str(), expected);
}

TEST(Json, OfARuntimeWithoutPoolsHasEmptyLists) {
  const flowcoro::Runtime runtime{{.workers = 2}};
  const json all = read(flowcoro::take_snapshot(runtime));
  EXPECT_EQ(all["workers"].size(), 2u);
  EXPECT_EQ(all["coroutine_pools"], json::array());
  EXPECT_TRUE(all["registry"].is_null());
}

} // namespace
