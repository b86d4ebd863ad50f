#include "selection.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "failure.hpp"
#include "support/programs.hpp"
#include "support/samples.hpp"

namespace flowbench {
namespace {

using test::small_catalog;
using testing::HasSubstr;

std::string error_of(PlanOptions options) {
  try {
    const Catalog catalog = small_catalog();
    expect_known_ids(options, {&catalog});
    resolve_options(options, catalog, {0, 1}, std::nullopt);
  } catch (const UsageFailure& failure) {
    return failure.what();
  }
  return "no error";
}

std::vector<std::string> ids_of(const std::vector<SubjectRow>& rows) {
  std::vector<std::string> ids;
  for (const SubjectRow& row : rows) ids.push_back(row.id);
  return ids;
}

TEST(ResolveOptions, FillsInTasksAndWorkers) {
  PlanOptions options;
  resolve_options(options, small_catalog(), {0, 1, 2, 3}, std::nullopt);
  EXPECT_EQ(options.tasks, small_catalog().tasks);
  EXPECT_EQ(options.workers, std::vector<std::uint64_t>{4});
}

TEST(ResolveOptions, WorkersFollowAffinityAndQuota) {
  PlanOptions options;
  options.affinity = {1};
  resolve_options(options, small_catalog(), {0, 1, 2, 3}, std::nullopt);
  EXPECT_EQ(options.workers, std::vector<std::uint64_t>{1});
  PlanOptions limited;
  resolve_options(limited, small_catalog(), {0, 1, 2, 3}, 3);
  EXPECT_EQ(limited.workers, std::vector<std::uint64_t>{3});
}

TEST(ResolveOptions, NamesWhatIsUnknown) {
  PlanOptions options;
  options.subjects = {"A"};
  EXPECT_THAT(error_of(options), HasSubstr("unknown subject 'A'; did you mean a"));
  options = {};
  options.workloads = {"palin"};
  EXPECT_THAT(error_of(options), HasSubstr("unknown workload 'palin'; did you mean plain?"));
  options = {};
  options.affinity = {1, 7};
  EXPECT_THAT(error_of(options), HasSubstr("CPU 7 is not one that this process may use (0-1)"));
}

TEST(ExpectKnownIds, OneOfSeveralCatalogsIsEnough) {
  Catalog older = small_catalog(), newer = small_catalog();
  newer.subjects.front().id = "new";
  newer.workloads.front().id = "fresh";
  PlanOptions options;
  options.subjects = {"a", "new"};
  options.workloads = {"plain", "fresh"};
  EXPECT_NO_THROW(expect_known_ids(options, {&older, &newer}));
  EXPECT_THROW(expect_known_ids(options, {&older}), UsageFailure);
  EXPECT_THROW(expect_known_ids(options, {&newer}), UsageFailure);
}

TEST(SelectedSubjects, KeepTheOrderOfTheCatalog) {
  PlanOptions options;
  EXPECT_EQ(ids_of(selected_subjects(options, small_catalog())), (std::vector<std::string>{"a", "b", "o"}));
  options.subjects = {"b", "a"};
  EXPECT_EQ(ids_of(selected_subjects(options, small_catalog())), (std::vector<std::string>{"a", "b"}));
}

TEST(SelectedSubjects, AManifestIsAlwaysAmongThem) {
  Catalog catalog = small_catalog();
  SubjectRow external;
  external.id = "mine";
  external.external = true;
  catalog.subjects.push_back(external);
  PlanOptions options;
  options.subjects = {"a"};
  EXPECT_EQ(ids_of(selected_subjects(options, catalog)), (std::vector<std::string>{"a", "mine"}));
}

TEST(LoadCatalogWith, RefusesAnIdThatIsTaken) {
  const test::Folder folder;
  const fs::path manifest =
      folder.write("m.json", R"({"v":1,"id":"honest","title":"t","language":"l","command":["./x"]})");
  EXPECT_THROW((void)load_catalog_with(FLOWBENCH_FAKE_CATALOG, {manifest}), UsageFailure);
}

TEST(ManifestPath, IsAFileOrAnIdOfOneThatWasBuilt) {
  const test::Folder folder;
  const fs::path built = folder.write("subjects/mine.json", "{}");
  const fs::path file = folder.write("mine", "{}");
  EXPECT_EQ(manifest_path("mine", folder.path() / "subjects"), built);
  EXPECT_EQ(manifest_path("other", folder.path() / "subjects"), fs::absolute("other"));
  EXPECT_EQ(manifest_path("../subjects/mine", folder.path() / "subjects").filename(), "mine") << "a path is no id";
  EXPECT_EQ(manifest_path(file.string(), folder.path() / "subjects"), file);
}

} // namespace
} // namespace flowbench
