#include "catalog.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "failure.hpp"
#include "support/fixtures.hpp"
#include "support/programs.hpp"

namespace flowbench {
namespace {

using testing::HasSubstr;

template <typename Load>
std::string error_of(Load load) {
  try {
    load();
  } catch (const UsageFailure& error) {
    return error.what();
  }
  return "";
}

TEST(LoadCatalog, AgreesWithEveryFixture) {
  int seen = 0;
  for (const test::Fixture& fixture : test::fixtures("catalog")) {
    const std::string error = error_of([&] { (void)load_catalog(fixture.path); });
    EXPECT_EQ(error.empty(), fixture.valid) << fixture.path << ": " << fixture.why << ": " << error;
    ++seen;
  }
  EXPECT_GE(seen, 10);
}

TEST(LoadCatalog, ReadsTheCatalogOfThisRepository) {
  const Catalog catalog = load_catalog(FLOWBENCH_CONTRACT "/catalog.json");
  EXPECT_EQ(catalog.tasks, (std::vector<std::uint64_t>{1'000, 10'000, 100'000}));
  ASSERT_NE(catalog.oracle(), nullptr);
  EXPECT_EQ(catalog.sha256.size(), 64U);
  EXPECT_FALSE(catalog.workloads.empty());
}

TEST(LoadCatalog, ReadsRulesAndBudgets) {
  const Catalog catalog = load_catalog(FLOWBENCH_FAKE_CATALOG);
  const Rules& rules = catalog.workload("nap")->rules;
  EXPECT_TRUE(rules.all_in_flight);
  EXPECT_EQ(rules.histograms, (std::vector<HistogramRule>{{"lateness_ns", 1}}));
  EXPECT_EQ(rules.most_in_flight, 0U);
  EXPECT_EQ(rules.least_wall_ns(1), 10'000'000U);
  EXPECT_EQ(rules.least_wall_ns(1'000), 10'000'000U);
  EXPECT_EQ(rules.least_wall_ns(1'001), 100'000'000U);
  const Budget& budget = catalog.subjects[1].budget.at(0);
  EXPECT_FALSE(budget.covers("plain", 999));
  EXPECT_TRUE(budget.covers("plain", 1'000));
  EXPECT_EQ(catalog.workload("no_such"), nullptr);
}

TEST(LoadCatalog, ReadsALimitAndSharesOfHistograms) {
  const Catalog catalog = load_catalog(FLOWBENCH_CONTRACT "/fixtures/catalogs/ok_shares.json");
  const Rules& rules = catalog.workload("queue")->rules;
  EXPECT_FALSE(rules.all_in_flight);
  EXPECT_EQ(rules.most_in_flight, 64U);
  EXPECT_EQ(rules.histograms, (std::vector<HistogramRule>{{"first_ns", 1}, {"second_ns", 9}}));
}

TEST(LoadCatalog, SaysWhichFileAndWhatIsWrong) {
  const test::Folder folder;
  EXPECT_THAT(error_of([&] { (void)load_catalog(folder.path() / "none.json"); }), HasSubstr("No such file"));
  const fs::path two_oracles = folder.write("two.json", R"({"v":1,"tasks":[1],
        "workloads":[{"id":"w","title":"t","task":"t","holds":"h","answer":"a"}],
        "subjects":[{"id":"a","title":"t","language":"l","note":"","oracle":true},
                    {"id":"b","title":"t","language":"l","note":"","oracle":true}]})");
  EXPECT_THAT(error_of([&] { (void)load_catalog(two_oracles); }),
              HasSubstr("exactly one subject with \"oracle\": true, has 2"));
  const fs::path third = folder.write("third.json", R"({"v":1,"tasks":[1],
        "workloads":[{"id":"w","title":"t","task":"t","holds":"h","answer":"a"}, {"id":"x","title":"t"}],"subjects":[]})");
  EXPECT_THAT(error_of([&] { (void)load_catalog(third); }), HasSubstr("third.json: workload 2: 'task' is missing"));
}

TEST(LoadManifest, AgreesWithEveryFixture) {
  int seen = 0;
  for (const test::Fixture& fixture : test::fixtures("manifest")) {
    const std::string error = error_of([&] { (void)load_manifest(fixture.path); });
    EXPECT_EQ(error.empty(), fixture.valid) << fixture.path << ": " << fixture.why << ": " << error;
    ++seen;
  }
  EXPECT_GE(seen, 15);
}

TEST(LoadManifest, StartsARelativeCommandFromItsOwnFolder) {
  const test::Folder folder;
  const auto command_of = [&](const std::string& first) {
    const std::string text = R"({"v":1,"id":"m","title":"t","language":"l","command":[")" + first + R"(","./same"]})";
    return load_manifest(folder.write("m.json", text)).command;
  };
  EXPECT_EQ(command_of("./run"), (std::vector<std::string>{(folder.path() / "run").string(), "./same"}));
  EXPECT_EQ(command_of("/bin/sh").front(), "/bin/sh");
  EXPECT_EQ(command_of("python3").front(), "python3");
}

TEST(LoadCatalog, AControlSaysSo) {
  const fs::path folder = fs::path(FLOWBENCH_CONTRACT) / "fixtures/catalogs";
  const Catalog catalog = load_catalog(folder / "ok_control.json");
  EXPECT_FALSE(catalog.subjects[0].control);
  EXPECT_TRUE(catalog.subjects[1].control);
}

TEST(FindDifference, IsInWhatTheWorkIsAndNotInItsTitle) {
  const Workload one = load_catalog(FLOWBENCH_FAKE_CATALOG).workloads[1];
  Workload other = one;
  other.title = "another title";
  EXPECT_EQ(find_difference(one, other), "");
  other.rules.min_wall_ns.back().second += 1;
  EXPECT_EQ(find_difference(one, other), "rules");
  other.answer = "x";
  EXPECT_EQ(find_difference(one, other), "answer");
  other.holds = "x";
  EXPECT_EQ(find_difference(one, other), "holds");
  other.task = "x";
  EXPECT_EQ(find_difference(one, other), "task");
}

} // namespace
} // namespace flowbench
