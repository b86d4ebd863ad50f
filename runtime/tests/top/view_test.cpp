#include "view.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using flowcoro::top::Frame;
using flowcoro::top::make_frame;
using flowcoro::top::Sample;
using flowcoro::top::short_bytes;
using flowcoro::top::short_number;
using flowcoro::top::short_time;

Sample sample_of(std::size_t workers) {
  Sample sample;
  sample.pid = 77;
  sample.runtime = "main";
  sample.steady_ns = 1'000'000'000;
  sample.workers.resize(workers);
  return sample;
}

std::string joined(const Frame& frame) {
  std::string text;
  for (const std::string& line : frame.lines) text += line + "\n";
  return text;
}

bool has(const Frame& frame, const std::string& text) { return joined(frame).find(text) != std::string::npos; }

TEST(TopView, ShowsRatesOfTheTimeBetweenTwoSamples) {
  const Sample before = [] {
    Sample sample = sample_of(2);
    sample.all.completed = 1'000;
    sample.workers[1].counts.completed = 500;
    sample.lateness = {{1'000, 100}, {9'000'000, 1}};
    sample.frames = 10;
    sample.frames_own = 10;
    return sample;
  }();
  Sample now = before;
  now.steady_ns += 2'000'000'000;
  now.all.completed = 5'000;
  now.all.timers_fired = 20;
  now.workers[1].counts.completed = 2'500;
  now.workers[1].counts.steals = 30;
  now.workers[1].cpu_ns = 1'000'000'000;
  now.workers[1].queued = 12;
  now.workers[0].parked = true;
  now.lateness = {{1'000, 100}, {2'000, 19}, {4'000, 1}, {9'000'000, 1}};
  now.frames = 110;
  now.frames_own = 60;
  now.mapped_bytes = 3u << 20U;
  const Frame frame = make_frame(&before, now, {}, "q quits");
  EXPECT_TRUE(has(frame, "completed/s 2.0k")) << joined(frame);
  EXPECT_TRUE(has(frame, "fired/s 10  late p50 2.0us  p99 4.0us  max 4.0us")) << joined(frame);
  EXPECT_TRUE(has(frame, "frames/s 50 (50% from the own list)  mapped 3.0 MiB")) << joined(frame);
  EXPECT_TRUE(has(frame, "      0   parked    0       0        0        0        0        0        0\n"))
      << joined(frame);
  EXPECT_TRUE(has(frame, "      1  running   50      12     1.0k       15        0        0        0\n"))
      << joined(frame);
  EXPECT_EQ(frame.lines.back(), "q quits");
  EXPECT_TRUE(frame.lines.at(frame.heading).starts_with(" worker    state"));
}

TEST(TopView, HasNoRatesWithoutAnEarlierSampleOrTime) {
  Sample now = sample_of(1);
  now.all.completed = 5'000;
  EXPECT_TRUE(has(make_frame(nullptr, now, {}, ""), "completed/s -"));
  EXPECT_TRUE(has(make_frame(&now, now, {}, ""), "completed/s -")) << "no time has passed";
}

TEST(TopView, FitsIntoEveryWindow) {
  Sample now = sample_of(100);
  for (int i = 0; i < 8; ++i) now.pools.push_back({.name = std::string(100, 'x')});
  for (std::size_t rows = 1; rows < 60; ++rows) {
    for (const std::size_t columns : {1u, 20u, 80u, 200u}) {
      const Frame frame = make_frame(nullptr, now, {.columns = columns, .rows = rows}, "q quits");
      ASSERT_LE(frame.lines.size(), rows);
      ASSERT_EQ(frame.lines.back(), std::string{"q quits"}.substr(0, columns));
      for (const std::string& line : frame.lines) ASSERT_LE(line.size(), columns + 2) << "… has three bytes";
    }
  }
  EXPECT_TRUE(has(make_frame(nullptr, now, {.columns = 80, .rows = 24}, ""), "more workers"));
  EXPECT_TRUE(has(make_frame(nullptr, now, {.columns = 80, .rows = 24}, ""), "pool    … 3 more"));
  EXPECT_FALSE(has(make_frame(nullptr, now, {.columns = 80, .rows = 200}, ""), "more workers"));
}

TEST(TopView, ShowsAllWorkersOfAnEightWorkerRuntimeIn80By24) {
  const Frame frame = make_frame(nullptr, sample_of(8), {}, "q quits");
  for (int i = 0; i < 8; ++i) EXPECT_TRUE(has(frame, "\n      " + std::to_string(i) + "  running"));
}

TEST(TopView, CutsBetweenCharactersAndNotInside) {
  Sample now = sample_of(0);
  now.runtime = "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4";
  const std::string whole = make_frame(nullptr, now, {}, "").lines[0];
  const std::size_t first = whole.find("\xc3\xa4");
  EXPECT_EQ(make_frame(nullptr, now, {.columns = first + 2, .rows = 24}, "").lines[0], whole.substr(0, first + 4));
}

TEST(TopView, CountsThatWentDownGiveNoNegativeRate) {
  Sample before = sample_of(1);
  before.all.completed = 100;
  Sample now = sample_of(2); // nor is it a worker that was not there before
  now.steady_ns += 1'000'000'000;
  EXPECT_TRUE(has(make_frame(&before, now, {}, ""), "completed/s 0"));
}

TEST(TopView, WritesNumbersShort) {
  EXPECT_EQ(short_number(0), "0");
  EXPECT_EQ(short_number(0.25), "0.2");
  EXPECT_EQ(short_number(999), "999");
  EXPECT_EQ(short_number(999.6), "1.0k");
  EXPECT_EQ(short_number(12'345), "12k");
  EXPECT_EQ(short_number(999'499), "999k");
  EXPECT_EQ(short_number(999'500), "1.0M");
  EXPECT_EQ(short_number(1.8e19), "18E");
  EXPECT_EQ(short_time(999), "999ns");
  EXPECT_EQ(short_time(1'500), "1.5us");
  EXPECT_EQ(short_time(2'000'000'000), "2.0s");
  EXPECT_EQ(short_bytes(0), "0.0 KiB");
  EXPECT_EQ(short_bytes(5u << 20U), "5.0 MiB");
}

} // namespace
