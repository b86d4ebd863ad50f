#include "validate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "support/programs.hpp"

namespace flowbench {
namespace {

using testing::HasSubstr;

struct Result {
  int code = -1;
  std::string out, err;
};

Result validate(const test::Folder& folder) {
  std::ostringstream out, err;
  const int code = validate_run({folder.path()}, "results", out, err);
  return {code, out.str(), err.str()};
}

std::string fixture(const char* name) { return test::read_text(fs::path(FLOWBENCH_CONTRACT) / "fixtures" / name); }

TEST(Validate, AGoodRunIsValid) {
  const test::Folder folder;
  (void)folder.write("run.json", fixture("runs/ok.json"));
  (void)folder.write("trials.jsonl", fixture("trials/ok.jsonl"));
  const Result result = validate(folder);
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("valid"));
  EXPECT_EQ(result.err, "");
}

TEST(Validate, ATornLastLineIsAWarningAndTheFileStays) {
  const test::Folder folder;
  const std::string torn = fixture("trials/ok.jsonl") + "{\"v\":1";
  (void)folder.write("run.json", fixture("runs/ok.json"));
  (void)folder.write("trials.jsonl", torn);
  const Result result = validate(folder);
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.err, HasSubstr("cut off"));
  EXPECT_EQ(test::read_text(folder.path() / "trials.jsonl"), torn);
}

TEST(Validate, SaysWhatIsWrongAndWhere) {
  const test::Folder folder;
  (void)folder.write("run.json", fixture("runs/ok.json"));
  for (const char* bad : {"bad_not_json", "bad_v", "bad_missing_key", "bad_float", "bad_torn_middle"}) {
    (void)folder.write("trials.jsonl", fixture(("trials/" + std::string(bad) + ".jsonl").c_str()));
    const Result result = validate(folder);
    EXPECT_EQ(result.code, 2) << bad;
    EXPECT_THAT(result.err, HasSubstr("trials.jsonl line ")) << bad;
  }
}

} // namespace
} // namespace flowbench
