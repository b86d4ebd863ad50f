#include "flowcoro/observe/chrome_trace.hpp"

#include "flowcoro/async/sleep.hpp"
#include "flowcoro/sched/runtime.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "flowcoro/sched/yield.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using flowcoro::Lazy;
using flowcoro::Nanoseconds;
using flowcoro::Runtime;
using flowcoro::SteadyTime;
using flowcoro::Task;
using flowcoro::TraceBuffer;
using flowcoro::TraceEvent;
using flowcoro::TraceKind;
using flowcoro::TraceLane;
using flowcoro::TraceSnapshot;
using Json = nlohmann::json;

SteadyTime at(std::int64_t ns) { return SteadyTime{Nanoseconds{ns}}; }

std::string text_of(const TraceSnapshot& trace) {
  std::ostringstream out;
  write_chrome_trace(out, trace);
  return out.str();
}

Json json_of(const TraceSnapshot& trace) { return Json::parse(text_of(trace)); }

/// Those of one kind, in the order of the file.
std::vector<Json> events(const Json& document, const std::string& phase) {
  std::vector<Json> found;
  for (const Json& event : document.at("traceEvents"))
    if (event.at("ph") == phase) found.push_back(event);
  return found;
}

/// What every trace must keep, whatever was lost of it.
void expect_sound(const Json& document) {
  std::map<std::pair<std::uint64_t, std::uint64_t>, int> open;
  std::map<std::pair<std::uint64_t, std::uint64_t>, double> last;
  std::map<std::uint64_t, double> starts;
  std::map<std::uint64_t, double> ends;
  std::set<std::pair<std::uint64_t, std::uint64_t>> named;
  for (const Json& event : document.at("traceEvents")) {
    const std::string phase = event.at("ph");
    const std::pair<std::uint64_t, std::uint64_t> thread{event.at("pid"), event.at("tid")};
    if (phase == "M") {
      if (event.at("name") == "thread_name") EXPECT_TRUE(named.insert(thread).second);
      continue;
    }
    EXPECT_TRUE(named.contains(thread));
    const double ts = event.at("ts");
    EXPECT_GE(ts, last[thread]);
    last[thread] = ts;
    if (phase == "B") EXPECT_EQ(++open[thread], 1);
    if (phase == "E") EXPECT_EQ(--open[thread], 0);
    if (phase == "X") EXPECT_GE(event.at("dur").get<double>(), 0);
    if (phase == "s") EXPECT_TRUE(starts.emplace(event.at("id"), ts).second);
    if (phase == "f") EXPECT_TRUE(ends.emplace(event.at("id"), ts).second);
    EXPECT_NE(std::string{"BEXisf"}.find(phase), std::string::npos);
  }
  for (const auto& [thread, count] : open) EXPECT_EQ(count, 0);
  EXPECT_EQ(starts.size(), ends.size());
  for (const auto& [id, ts] : starts) {
    ASSERT_TRUE(ends.contains(id));
    EXPECT_LE(ts, ends.at(id));
  }
}

TraceLane lane(std::vector<TraceEvent> events, std::uint64_t lost = 0) {
  return {.runtime = 0, .worker = 0, .lost = lost, .events = std::move(events)};
}

TEST(ChromeTrace, AnEmptyOneIsJsonToo) {
  EXPECT_TRUE(json_of({}).at("traceEvents").empty());
  const Json document = json_of({.since = at(0), .until = at(5), .lanes = {lane({})}});
  EXPECT_EQ(events(document, "M").size(), document.at("traceEvents").size());
}

TEST(ChromeTrace, TimesAreMicrosecondsWithAllTheirNanoseconds) {
  const TraceSnapshot trace{.since = at(1'000),
                            .until = at(9'000'000),
                            .lanes = {lane({{.at = at(2'001), .coroutine = 0xabc, .kind = TraceKind::run_begin},
                                            {.at = at(8'001'050), .coroutine = 0xabc, .kind = TraceKind::run_end}})}};
  const std::string text = text_of(trace);
  EXPECT_NE(
      text.find(R"({"ph":"B","pid":1,"tid":1,"ts":1.001,"name":"run","cat":"task","args":{"coroutine":"0xabc"}})"),
      std::string::npos)
      << text;
  EXPECT_NE(text.find(R"({"ph":"E","pid":1,"tid":1,"ts":8000.050})"), std::string::npos) << text;
  expect_sound(Json::parse(text));
}

TEST(ChromeTrace, NamesRuntimesAndThreads) {
  TraceSnapshot trace{.since = at(0), .until = at(1), .lanes = {lane({}), lane({}), lane({})}};
  trace.lanes[1].worker = std::nullopt;
  trace.lanes[2].runtime = 1;
  std::map<std::string, std::string> names;
  for (const Json& event : events(json_of(trace), "M"))
    if (event.at("name") == "thread_name")
      names[event.at("pid").dump() + "/" + event.at("tid").dump()] = event.at("args").at("name");
  EXPECT_EQ(names, (std::map<std::string, std::string>{{"1/1", "worker 0"}, {"1/2", "outside"}, {"2/1", "worker 0"}}));
}

TEST(ChromeTrace, AnArrowGoesFromASpawnToTheFirstRunOnly) {
  const TraceSnapshot trace{.since = at(0),
                            .until = at(100'000),
                            .lanes = {lane({{.at = at(1'000), .coroutine = 7, .kind = TraceKind::spawn},
                                            {.at = at(5'000), .coroutine = 7, .kind = TraceKind::run_begin},
                                            {.at = at(6'000), .coroutine = 7, .kind = TraceKind::run_end},
                                            {.at = at(7'000), .coroutine = 7, .kind = TraceKind::run_begin},
                                            {.at = at(8'000), .coroutine = 7, .kind = TraceKind::run_end}})}};
  const Json document = json_of(trace);
  expect_sound(document);
  ASSERT_EQ(events(document, "s").size(), 1u);
  ASSERT_EQ(events(document, "f").size(), 1u);
  EXPECT_EQ(events(document, "s")[0].at("ts"), 1.0);
  EXPECT_EQ(events(document, "f")[0].at("ts"), 5.0);
  EXPECT_EQ(events(document, "f")[0].at("bp"), "e");
  EXPECT_EQ(events(document, "X").size(), 1u);
}

TEST(ChromeTrace, AnArrowThatMayBeWrongIsLeftOut) {
  // The run of the first one may be among the lost: then the run that is there is one of another coroutine at its address.
  TraceSnapshot trace{.since = at(0),
                      .until = at(100'000),
                      .lanes = {lane({{.at = at(1'000), .coroutine = 7, .kind = TraceKind::spawn}}),
                                lane({{.at = at(5'000), .coroutine = 7, .kind = TraceKind::run_begin}}, 10)}};
  trace.lanes[1].worker = 1;
  const Json document = json_of(trace);
  expect_sound(document);
  EXPECT_TRUE(events(document, "s").empty());
  EXPECT_TRUE(events(document, "f").empty());
  EXPECT_EQ(document.at("otherData").at("lost_events"), "10");
}

TEST(ChromeTrace, WhatWasCutOffIsClosedWhereTheTraceBeginsAndEnds) {
  TraceSnapshot trace{.since = at(1'000),
                      .until = at(9'000),
                      .lanes = {lane({{.at = at(3'000), .coroutine = 7, .kind = TraceKind::run_end},
                                      {.at = at(4'000), .kind = TraceKind::park}}),
                                lane({{.at = at(2'000), .kind = TraceKind::steal},
                                      {.at = at(3'000), .kind = TraceKind::unpark},
                                      {.at = at(4'000), .coroutine = 8, .kind = TraceKind::run_begin}},
                                     5)}};
  trace.lanes[1].worker = 1;
  const Json document = json_of(trace);
  expect_sound(document);
  const std::vector<Json> begins = events(document, "B");
  const std::vector<Json> ends = events(document, "E");
  ASSERT_EQ(begins.size(), 4u);
  ASSERT_EQ(ends.size(), 4u);
  EXPECT_EQ(begins[0].at("ts"), 0.0); // nothing lost: since the start
  EXPECT_EQ(ends[1].at("ts"), 8.0);
  EXPECT_EQ(begins[2].at("name"), "parked");
  EXPECT_EQ(begins[2].at("ts"), 1.0); // what is left begins there
  EXPECT_EQ(ends[3].at("ts"), 8.0);
}

TEST(ChromeTrace, StealsAndTimersSayWhatTheyMoved) {
  const TraceSnapshot trace{
      .since = at(0),
      .until = at(9'000),
      .lanes = {lane({{.at = at(1'000), .coroutine = 7, .amount = 3, .other = 4, .kind = TraceKind::steal},
                      {.at = at(2'000), .coroutine = 16, .amount = 1'234'567, .kind = TraceKind::timer}})}};
  const std::vector<Json> instants = events(json_of(trace), "i");
  ASSERT_EQ(instants.size(), 2u);
  EXPECT_EQ(instants[0].at("args"), (Json{{"coroutines", 3}, {"from", "worker 4"}}));
  EXPECT_EQ(instants[1].at("args"), (Json{{"coroutine", "0x10"}, {"late_us", 1234.567}}));
}

Task<int> answer(int value) { co_return value; }

Lazy<void> mixed_work(int tasks) {
  std::vector<Task<int>> all;
  for (int i = 0; i < tasks; ++i) all.push_back(flowcoro::spawn(answer, i));
  for (Task<int>& task : all) static_cast<void>(co_await task);
  for (int i = 0; i < tasks; ++i) co_await flowcoro::yield();
  co_await flowcoro::sleep_for(100us);
}

TEST(ChromeTrace, OfARealRunIsSound) {
  TraceBuffer trace;
  trace.start();
  {
    Runtime runtime{{.workers = 2, .trace = &trace}};
    flowcoro::sync_wait(runtime, mixed_work(200));
  }
  trace.stop();
  const Json document = json_of(trace.snapshot());
  expect_sound(document);
  EXPECT_EQ(events(document, "X").size(), 200u);
  EXPECT_EQ(events(document, "s").size(), 200u);
  EXPECT_EQ(events(document, "f").size(), 200u);
}

TEST(ChromeTrace, OfARealRunIsSoundWhenMostOfItIsLost) {
  for (const std::size_t capacity : {1u, 2u, 16u, 64u}) {
    TraceBuffer trace{capacity};
    trace.start();
    {
      Runtime runtime{{.workers = 2, .trace = &trace}};
      flowcoro::sync_wait(runtime, mixed_work(500));
    }
    trace.stop();
    const TraceSnapshot snapshot = trace.snapshot();
    EXPECT_GT(snapshot.lost(), 0u);
    expect_sound(json_of(snapshot));
  }
}

TEST(ChromeTrace, OfARunThatGoesOnIsSound) {
  TraceBuffer trace{256};
  Runtime runtime{{.workers = 2, .trace = &trace}};
  std::atomic<bool> over{false};
  std::thread client{[&] {
    while (!over.load(std::memory_order_acquire)) flowcoro::sync_wait(runtime, mixed_work(20));
  }};
  for (int look = 0; look < 20; ++look) {
    trace.start();
    for (int i = 0; i < look; ++i) std::this_thread::yield();
    expect_sound(json_of(trace.snapshot()));
    trace.stop();
    expect_sound(json_of(trace.snapshot()));
  }
  over.store(true, std::memory_order_release);
  client.join();
}

} // namespace
