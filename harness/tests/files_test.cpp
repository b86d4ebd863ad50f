#include "files.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "support/programs.hpp"

namespace flowbench {
namespace {

TEST(ReadRegularFile, ReadsAWholeFileUpToItsBound) {
  const test::Folder folder;
  const fs::path file = folder.write("a", "12345");
  EXPECT_EQ(read_regular_file(file, 5).text, "12345");
  EXPECT_EQ(read_regular_file(file, 4).error, "larger than 4 bytes");
}

TEST(ReadRegularFile, DoesNotWaitForANamedPipe) {
  const test::Folder folder;
  ASSERT_EQ(mkfifo((folder.path() / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(read_regular_file(folder.path() / "pipe", 10).error, "not a regular file");
  EXPECT_EQ(read_regular_file(folder.path(), 10).error, "not a regular file");
  EXPECT_EQ(read_regular_file(folder.path() / "none", 10).error, "No such file or directory");
}

TEST(ReadRegularFile, RefusesALinkWhereItIsAsked) {
  const test::Folder folder;
  fs::create_symlink(folder.write("a", "12345"), folder.path() / "link");
  EXPECT_EQ(read_regular_file(folder.path() / "link", 5).text, "12345");
  EXPECT_EQ(read_regular_file(folder.path() / "link", 5, Links::refused).error,
            "a symbolic link; copy the file itself");
}

TEST(WriteAll, ReportsAFullDisk) {
  const FileDescriptor full(open("/dev/full", O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(full.is_open());
  EXPECT_EQ(write_all(full.get(), "x"), ENOSPC);
}

} // namespace
} // namespace flowbench
