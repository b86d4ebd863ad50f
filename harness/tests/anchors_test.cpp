#include "anchors.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "failure.hpp"
#include "fields.hpp"
#include "support/programs.hpp"

namespace flowbench {
namespace {

using testing::HasSubstr;

std::string error_of(const std::string& text) {
  const test::Folder folder;
  try {
    (void)load_anchors(folder.write("a.json", text));
  } catch (const UsageFailure& failure) {
    return failure.what();
  }
  return "";
}

std::string with(const std::string& figure, const std::string& ours) {
  return R"({"v":1,"note":"of old","anchors":[{)" + figure + R"(,"ours":[)" + ours + "]}]}";
}

const std::string figure = R"("seed":"27 times","figure":18.7e6,"unit":"per_s","original":"once")";
const std::string ours = R"({"component":"pool","benchmark":"a/8","measure":"op","operations":2})";

TEST(LoadAnchors, HasOneForEachBenchmarkOfAFigure) {
  const test::Folder folder;
  const std::vector<Anchor> anchors = load_anchors(folder.write(
      "a.json", with(figure, ours + R"(,{"component":"other","benchmark":"b","measure":"p50","operations":1})")));
  ASSERT_EQ(anchors.size(), 2U);
  EXPECT_EQ(anchors[0].benchmark, "a/8");
  EXPECT_EQ(anchors[0].operations, 2U);
  EXPECT_EQ(anchors[0].figure, "18700000.0");
  EXPECT_EQ(anchors[1].measure, "p50");
  EXPECT_EQ(anchors[1].seed, "27 times");
  EXPECT_EQ(anchors[1].original, "once");
  EXPECT_EQ(to_json(read_anchors(to_json(anchors))), to_json(anchors));
}

TEST(LoadAnchors, WithoutAFileThereAreNone) {
  const test::Folder folder;
  EXPECT_TRUE(load_anchors(folder.path() / "none.json").empty());
}

TEST(LoadAnchors, AFileThatIsWrongIsAUsageErrorThatNamesIt) {
  ASSERT_EQ(error_of(with(figure, ours)), "");
  EXPECT_THAT(error_of("{"), HasSubstr("a.json: not JSON"));
  EXPECT_THAT(error_of("[]"), HasSubstr("is not a JSON object"));
  EXPECT_THAT(error_of(R"({"v":2,"anchors":[]})"), HasSubstr("version 1 only"));
  EXPECT_THAT(error_of(R"({"v":1,"anchors":{}})"), HasSubstr("'anchors' is not a list"));
  EXPECT_THAT(error_of(with(figure, "7")), HasSubstr("anchor 1: benchmark 1: is not a JSON object"));
  EXPECT_THAT(error_of(with(R"("seed":"s","unit":"ns")", ours)), HasSubstr("'figure' is missing"));
  EXPECT_THAT(error_of(with(R"("seed":"s","figure":0,"unit":"ns")", ours)), HasSubstr("not a decimal number above 0"));
  EXPECT_THAT(error_of(with(R"("seed":"s","figure":"fast","unit":"ns")", ours)), HasSubstr("not a decimal number"));
  EXPECT_THAT(error_of(with(R"("seed":"s","figure":1,"unit":"ops")", ours)), HasSubstr("neither ns nor per_s"));
  EXPECT_THAT(error_of(with(figure, R"({"component":"c","benchmark":"b","measure":"op","operations":0})")),
              HasSubstr("'operations' is 0"));
}

} // namespace
} // namespace flowbench
