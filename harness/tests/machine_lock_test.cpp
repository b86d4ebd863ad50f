#include "machine_lock.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "failure.hpp"
#include "support/programs.hpp"

namespace flowbench {
namespace {

using testing::HasSubstr;

constexpr const char* locks =
    "1: POSIX  ADVISORY  WRITE 5 fe:00:42 0 EOF\n"
    "2: FLOCK  ADVISORY  READ 6 fe:00:42 0 EOF\n"
    "3: FLOCK  ADVISORY  WRITE 23568 fe:00:42 0 EOF\n"
    "3: -> FLOCK  ADVISORY  WRITE 9 fe:00:43 0 EOF\n";

TEST(FlockHolder, IsTheExclusiveOneOfTheFile) {
  EXPECT_EQ(flock_holder(locks, makedev(0xfe, 0), 42), 23568);
  EXPECT_EQ(flock_holder(locks, makedev(0xfe, 1), 42), 0);
  EXPECT_EQ(flock_holder(locks, makedev(0xfe, 0), 43), 0) << "one who waits holds nothing";
  EXPECT_EQ(flock_holder("", makedev(0xfe, 0), 42), 0);
}

// What goes wrong when the lock is asked for.
template <typename Expected>
std::string refusal(const fs::path& file, int exit_code) {
  try {
    const MachineLock lock(file, false);
  } catch (const Expected& failure) {
    EXPECT_EQ(failure.exit_code(), exit_code);
    return failure.what();
  }
  return "no refusal";
}

TEST(MachineLock, IsHeldByOneAtATime) {
  const test::Folder folder;
  const fs::path file = folder.path() / "lock";
  EXPECT_EQ(machine_lock_holder(file), std::nullopt) << "there is no file";
  {
    const MachineLock first(file, false);
    EXPECT_THAT(refusal<BusyFailure>(file, 75), HasSubstr("pid " + std::to_string(getpid())));
    EXPECT_EQ(machine_lock_holder(file), getpid());
  }
  EXPECT_EQ(machine_lock_holder(file), std::nullopt);
  EXPECT_NO_THROW(MachineLock(file, false));
}

TEST(MachineLock, CanBeTakenByEveryUserAndWrittenByNone) {
  const test::Folder folder;
  const fs::path file = folder.path() / "lock";
  const mode_t before = umask(0077);
  {
    const MachineLock lock(file, false);
  }
  umask(before);
  struct stat status{};
  ASSERT_EQ(stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0444U);
  EXPECT_EQ(status.st_size, 0);
}

TEST(MachineLock, DoesNotFollowALinkOrOpenSomethingElse) {
  const test::Folder folder;
  const fs::path precious = folder.write("precious", "x");
  fs::create_symlink(precious, folder.path() / "link");
  EXPECT_THAT(refusal<EnvironmentFailure>(folder.path() / "link", 3), HasSubstr("symbolic link"));
  ASSERT_EQ(mkfifo((folder.path() / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(refusal<EnvironmentFailure>(folder.path() / "pipe", 3), HasSubstr("not a regular file"));
  EXPECT_THAT(refusal<EnvironmentFailure>(folder.path(), 3), HasSubstr("not a regular file"));
  EXPECT_THAT(refusal<EnvironmentFailure>(folder.path() / "no/folder", 3),
              HasSubstr("there is no such folder; make it, or name another file with --lock"));
  EXPECT_EQ(test::read_text(precious), "x");
}

TEST(MachineLockFile, IsTheSameForEverybody) {
  const fs::path file = machine_lock_file();
  EXPECT_EQ(file.filename(), "flowbench.lock");
  EXPECT_TRUE(file.parent_path() == "/run/lock" || file.parent_path() == "/tmp");
}

} // namespace
} // namespace flowbench
