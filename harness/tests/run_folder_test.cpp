#include "run_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <unistd.h>

#include "failure.hpp"
#include "record_crc.hpp"
#include "support/programs.hpp"

namespace flowbench {
namespace {

using testing::HasSubstr;

// A file system of 64 KiB that is unmounted with its owner.
class TinyDisk {
 public:
  TinyDisk() : mounted_(mount("none", folder_.path().c_str(), "tmpfs", 0, "size=64k") == 0) {}
  TinyDisk(const TinyDisk&) = delete;
  TinyDisk& operator=(const TinyDisk&) = delete;
  ~TinyDisk() {
    if (mounted_) umount2(folder_.path().c_str(), MNT_DETACH);
  }
  [[nodiscard]] bool mounted() const { return mounted_; }
  [[nodiscard]] const fs::path& path() const { return folder_.path(); }

 private:
  test::Folder folder_;
  bool mounted_;
};

TEST(RunFolder, KeepsWhatWasAppended) {
  const test::Folder folder;
  const fs::path path = folder.path() / "run";
  RunFolder run = RunFolder::create(path);
  run.write_run({{"v", 1}});
  run.append({{"trial", 0}});
  run.append({{"trial", 1}});
  EXPECT_EQ(test::read_text(path / "trials.jsonl"),
            with_crc("{\"trial\":0}") + "\n" + with_crc("{\"trial\":1}") + "\n");
  EXPECT_EQ(Json::parse(test::read_text(path / "run.json")), Json({{"v", 1}}));
  EXPECT_FALSE(fs::exists(path / "run.json.new"));
}

TEST(RunFolder, DoesNotTouchAFolderThatIsInUse) {
  const test::Folder folder;
  (void)folder.write("run/precious", "x");
  EXPECT_THROW((void)RunFolder::create(folder.path() / "run"), UsageFailure);
  EXPECT_EQ(test::read_text(folder.path() / "run/precious"), "x");
}

TEST(RunFolder, ReopenDropsWhatStandsBehindTheWholeLines) {
  const test::Folder folder;
  (void)folder.write("run/trials.jsonl", "{\"trial\":0}\n{\"tri");
  RunFolder run = RunFolder::reopen(folder.path() / "run", 12);
  run.append({{"trial", 1}});
  EXPECT_EQ(test::read_text(folder.path() / "run/trials.jsonl"), "{\"trial\":0}\n" + with_crc("{\"trial\":1}") + "\n");
}

TEST(RunFolder, AFullDiskKeepsWholeLinesOnly) {
  const TinyDisk disk;
  if (!disk.mounted()) GTEST_SKIP() << "cannot mount a tiny file system (needs root)";
  const fs::path path = disk.path() / "run";
  RunFolder run = RunFolder::create(path);
  const Json line{{"trial", 0}, {"reason", std::string(1500, 'x')}}; // no divisor of a page: the last one is torn
  std::size_t written = 0;
  const auto fill = [&] {
    for (; written < 1000; ++written) run.append(line);
  };
  try {
    fill();
    FAIL() << "the disk never filled up";
  } catch (const WriteFailure& failure) {
    EXPECT_EQ(failure.exit_code(), 1);
    EXPECT_THAT(failure.what(), HasSubstr("No space left on device"));
  }
  EXPECT_GT(written, 10U);
  EXPECT_EQ(test::read_text(path / "trials.jsonl").size(), written * (with_crc(json_line(line)).size() + 1));
  EXPECT_THROW(run.write_run({{"big", std::string(100'000, 'x')}}), WriteFailure);
  EXPECT_FALSE(fs::exists(path / "run.json")) << "half a file took its place";
}

TEST(RunFolder, APlaceWhereNoneCanBeIsAFaultOfTheCommandLine) {
  const auto refused = [](const auto& make) -> std::string {
    try {
      make();
    } catch (const UsageFailure& failure) {
      EXPECT_EQ(failure.exit_code(), 2);
      return failure.what();
    }
    return "nothing";
  };
  const std::string fix = "name another folder with --results or --out";
  EXPECT_THAT(refused([] { static_cast<void>(RunFolder::create("/proc/no-such-folder/run")); }), HasSubstr(fix));
  EXPECT_THAT(refused([] { const ResultsLock lock("/proc/no-such-folder"); }), HasSubstr(fix));
}

TEST(ResultsLock, TellsWhoHoldsIt) {
  const test::Folder folder;
  const ResultsLock first(folder.path() / "results");
  try {
    const ResultsLock second(folder.path() / "results");
    FAIL() << "two at once";
  } catch (const BusyFailure& failure) {
    EXPECT_EQ(failure.exit_code(), 75);
    EXPECT_THAT(failure.what(), HasSubstr("pid " + std::to_string(getpid())));
  }
}

TEST(ResultsLock, EndsWithItsOwner) {
  const test::Folder folder;
  {
    const ResultsLock first(folder.path());
  }
  EXPECT_NO_THROW({ const ResultsLock second(folder.path()); });
}

TEST(PointLatest, FollowsTheNewest) {
  const test::Folder folder;
  for (const char* id : {"one", "two"}) {
    fs::create_directory(folder.path() / id);
    point_latest(folder.path(), folder.path() / id);
  }
  EXPECT_EQ(fs::read_symlink(folder.path() / "latest"), "two");
  EXPECT_EQ(find_run(folder.path(), "latest"), fs::canonical(folder.path() / "two"));
  EXPECT_EQ(find_run(folder.path(), "one"), folder.path() / "one");
  EXPECT_EQ(find_run("elsewhere", folder.path() / "latest"), fs::canonical(folder.path() / "two"))
      << "a run that goes on sets the link: it must not lead to itself";
}

TEST(FindRun, SaysThatThereIsNone) {
  const test::Folder folder;
  EXPECT_THROW((void)find_run(folder.path(), "latest"), UsageFailure);
  EXPECT_THROW((void)find_run(folder.path(), "other"), UsageFailure);
}

TEST(NewRunId, IsNotTaken) {
  const test::Folder folder;
  const std::string first = new_run_id(folder.path());
  fs::create_directory(folder.path() / first);
  EXPECT_NE(new_run_id(folder.path()), first);
}

} // namespace
} // namespace flowbench
