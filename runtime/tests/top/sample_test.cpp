#include "sample.hpp"

#include "flowcoro/observe/json.hpp"
#include "observe/values.hpp"

#include <gtest/gtest.h>

#include <string>

namespace {

using flowcoro::top::harmless;
using flowcoro::top::NoSample;
using flowcoro::top::parse_sample;
using flowcoro::top::Sample;
using flowcoro::top::SnapshotFailed;

TEST(TopSample, ReadsWhatTheLibraryWrites) {
  const Sample sample = parse_sample(to_json(flowcoro::test::made_up_snapshot()) + "\n");
  EXPECT_EQ(sample.pid, 4242);
  EXPECT_EQ(sample.runtime, "a\"b\\c?d?\xef\xbf\xbd\xc3\xa4");
  EXPECT_EQ(sample.steady_ns, 9'000'000'007);
  EXPECT_EQ(sample.all.submitted, 1'003'000u);
  EXPECT_EQ(sample.outside.wakes, 1'000'008u);
  EXPECT_EQ(sample.inject_queued, 17u);
  ASSERT_EQ(sample.workers.size(), 2u);
  EXPECT_TRUE(sample.workers[1].parked);
  EXPECT_TRUE(sample.workers[0].guest);
  EXPECT_EQ(sample.workers[1].queued, 32u);
  EXPECT_EQ(sample.workers[1].counts.steals, 2'005u);
  EXPECT_EQ(sample.workers[1].cpu_ns, 1'500'000'000);
  EXPECT_EQ(sample.timers_active, 2u);
  EXPECT_EQ(sample.lateness.at(1'023), 2u);
  EXPECT_EQ(sample.frames, 153u);
  EXPECT_EQ(sample.frames_own, 50u);
  ASSERT_EQ(sample.pools.size(), 1u);
  EXPECT_EQ(sample.pools[0].ended, 61u + 62u + 63u + 64u);
}

TEST(TopSample, IsNoneOfWhatIsNoSnapshot) {
  for (const char* text : {"", "HTTP/1.1 200 OK\r\n\r\n", "{", "[]", "7", "{}", "{\"v\":1}", "{\"v\":1,\"pid\":\"x\"}"})
    EXPECT_THROW(static_cast<void>(parse_sample(text)), NoSample) << text;
}

TEST(TopSample, TellsAnotherVersionAndAFailedSnapshotApart) {
  try {
    static_cast<void>(parse_sample("{\"v\":2}"));
    FAIL();
  } catch (const NoSample& error) {
    EXPECT_NE(std::string{error.what()}.find("version 2"), std::string::npos);
  }
  EXPECT_THROW(static_cast<void>(parse_sample("{\"v\":1,\"error\":\"no memory\"}")), SnapshotFailed);
}

TEST(TopSample, LetsNoTextControlTheTerminal) {
  EXPECT_EQ(harmless("a\x1b[2Jb\tc\x7f"), "a?[2Jb?c?");
  EXPECT_EQ(harmless("\xc2\x9b"
                     "31m \xc3\xa4"),
            "?31m \xc3\xa4")
      << "U+009B begins a sequence, too";
}

} // namespace
