#include "protocol.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fixtures.hpp"
#include "support/programs.hpp"

namespace flowbench {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* hello =
    R"({"v":1,"kind":"hello","subject":"a","version":"1","workload":"w","tasks":10,"workers":2,"build":{"compiler":"","flags":""}})"
    "\n";
constexpr const char* sample0 =
    R"({"v":1,"kind":"sample","i":0,"wall_ns":5,"cpu_ns":4,"rss_before_bytes":3,"peak_rss_bytes":2})"
    "\n";
constexpr const char* done = R"({"v":1,"kind":"done","completed":10,"answer":"42"})"
                             "\n";
const Question question{"w", 10, 2};

TEST(ReadConversation, AgreesWithEveryFixture) {
  int seen = 0;
  for (const test::Fixture& fixture : test::fixtures("stream")) {
    const Question asked{fixture.call["workload"], fixture.call["tasks"], fixture.call["workers"]};
    const Conversation conversation = read_conversation(test::read_text(fixture.path), asked);
    EXPECT_EQ(conversation.error.empty(), fixture.valid)
        << fixture.path << ": " << fixture.why << ": " << conversation.error;
    ++seen;
  }
  EXPECT_GE(seen, 80);
}

TEST(ReadDescription, AgreesWithEveryFixture) {
  int seen = 0;
  for (const test::Fixture& fixture : test::fixtures("describe")) {
    const Conversation conversation = read_description_stream(test::read_text(fixture.path));
    EXPECT_EQ(conversation.error.empty(), fixture.valid)
        << fixture.path << ": " << fixture.why << ": " << conversation.error;
    ++seen;
  }
  EXPECT_GE(seen, 8);
}

TEST(ReadConversation, TakesWhatWasSaid) {
  const Conversation said = read_conversation(std::string(hello) + sample0 + done, question);
  EXPECT_EQ(said.error, "");
  ASSERT_EQ(said.samples.size(), 1U);
  EXPECT_EQ(said.samples[0].wall_ns, 5U);
  EXPECT_EQ(said.samples[0].peak_rss_bytes, 2U);
  EXPECT_FALSE(said.samples[0].max_in_flight.has_value());
  EXPECT_EQ(said.done->completed, 10U);
  EXPECT_EQ(said.done->answer, 42U);
}

TEST(ReadConversation, KeepsWhatStoodBeforeTheErrorAndNamesTheLine) {
  const Conversation said = read_conversation(std::string(hello) + sample0 + "oops\n", question);
  EXPECT_THAT(said.error, StartsWith("line 3 (from byte "));
  EXPECT_EQ(said.samples.size(), 1U);
  EXPECT_FALSE(said.done.has_value());
}

TEST(ReadConversation, KeepsTheLastHistogramOfEachName) {
  const auto histogram = [](const char* of, int count) {
    return R"({"v":1,"kind":"histogram","of":")" + std::string(of) + R"(","buckets":[[1024,)" + std::to_string(count) +
           "]]}\n";
  };
  const Conversation said = read_conversation(
      std::string(hello) + histogram("x", 1) + histogram("y", 2) + sample0 + histogram("x", 3) + done, question);
  ASSERT_EQ(said.error, "");
  ASSERT_EQ(said.histograms.size(), 2U);
  EXPECT_EQ(said.histograms[0].of, "y");
  EXPECT_EQ(said.histograms[1].buckets[0].second, 3U);
}

TEST(ReadConversation, CountsTheKeysThatItIgnores) {
  EXPECT_EQ(read_conversation(std::string(hello) + sample0 + done, question).unknown_keys, 0U);
  const auto with = [](std::string line, const std::string& before, const std::string& more) {
    return line.replace(line.find(before), 0, more);
  };
  const std::string stream = with(with(hello, R"("v")", R"("mood":"good",)"), R"("compiler")", R"("lto":true,)") +
                             with(sample0, R"("i")", R"("new":{"i":[1]},"":0,)") + done;
  const Conversation said = read_conversation(stream, question);
  EXPECT_EQ(said.error, "");
  EXPECT_EQ(said.unknown_keys, 4U) << "what an unknown key holds is not looked at";
  EXPECT_EQ(read_conversation(stream + "oops\n", question).unknown_keys, 4U);
}

TEST(CountUnknownKeys, KnowsWhatTheSchemaKnows) {
  const Json schema = Json::parse(test::read_text(fs::path(FLOWBENCH_CONTRACT) / "schemas/record.schema.json"));
  int seen = 0;
  for (const char* kind : {"hello", "sample", "histogram", "done", "unsupported", "describe"}) {
    Json object;
    for (const auto& property : schema["$defs"][kind]["properties"].items()) object[property.key()] = 0;
    object["kind"] = kind;
    if (object.contains("build")) {
      object["build"] = Json::object();
      for (const auto& property : schema["$defs"]["build"]["properties"].items()) object["build"][property.key()] = 0;
    }
    EXPECT_EQ(count_unknown_keys(object), 0U) << kind;
    for (const auto& property : object.items()) {
      Json other = object;
      other["not_" + property.key()] = property.value();
      EXPECT_EQ(count_unknown_keys(other), 1U) << kind;
      ++seen;
    }
  }
  EXPECT_GE(seen, 30);
}

TEST(ReadConversation, RefusesWhatIsOutOfOrder) {
  EXPECT_THAT(read_conversation(std::string(sample0) + hello + done, question).error, HasSubstr("sample before hello"));
  EXPECT_THAT(read_conversation(std::string(hello) + sample0 + sample0 + done, question).error,
              HasSubstr("sample 0 where sample 1 was due"));
  EXPECT_THAT(read_conversation(std::string(hello) + done + sample0, question).error, HasSubstr("sample after done"));
  EXPECT_THAT(read_conversation(std::string(hello) + done + done, question).error, HasSubstr("done after done"));
  EXPECT_THAT(read_conversation(hello, question).error, HasSubstr("without done"));
  EXPECT_THAT(read_conversation("", question).error, HasSubstr("no record"));
}

TEST(ReadConversation, RefusesAnAnswerToAnotherQuestion) {
  EXPECT_THAT(read_conversation(std::string(hello) + done, {"w", 11, 2}).error, HasSubstr("was not asked"));
  EXPECT_THAT(read_conversation(std::string(hello) + done, {"x", 10, 2}).error, HasSubstr("was not asked"));
}

TEST(ReadConversation, BoundsTheLengthOfALine) {
  const std::string longest = R"({"v":1,"kind":"unsupported","reason":")" + std::string(longest_record, 'x') + "\"}\n";
  EXPECT_THAT(read_conversation(hello + longest, question).error, HasSubstr("): longer than 1 MiB"));
}

} // namespace
} // namespace flowbench
