#include "subject.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cpus.hpp"
#include "support/programs.hpp"

namespace flowbench {
namespace {

using testing::HasSubstr;

SubjectRow row(const std::string& id) {
  SubjectRow row;
  row.id = id;
  return row;
}

Subject ask(const std::string& id) {
  StopSignals signals;
  Executor executor(signals);
  Subject subject = locate_subject(row(id), FLOWBENCH_FAKES);
  ask_subject(subject, executor, allowed_cpus(), 1);
  return subject;
}

TEST(LocateSubject, FindsWhatIsBuilt) {
  const Subject subject = locate_subject(row("honest"), FLOWBENCH_FAKES);
  EXPECT_TRUE(subject.can_run());
  EXPECT_EQ(subject.sha256->size(), 64U);
}

TEST(LocateSubject, SaysWhyItIsNotBuilt) {
  const Subject broken = locate_subject(row("broken_build"), FLOWBENCH_FAKES);
  EXPECT_EQ(broken.trouble, Status::not_built);
  EXPECT_EQ(broken.reason, "its compiler was not found");
  const Subject missing = locate_subject(row("missing"), FLOWBENCH_FAKES);
  EXPECT_EQ(missing.trouble, Status::not_built);
  EXPECT_THAT(missing.reason, HasSubstr("missing does not exist"));
}

TEST(LocateSubject, AFailedBuildHidesAnOldExecutable) {
  const test::Folder folder;
  (void)folder.write("x", "old");
  (void)folder.write("x.not_built", "the build failed\n");
  EXPECT_EQ(locate_subject(row("x"), folder.path()).trouble, Status::not_built);
}

TEST(LocateSubject, LooksABareNameUpInPath) {
  SubjectRow external = row("mine");
  external.external = true;
  external.command = {"sh", "-c", "true"};
  const Subject subject = locate_subject(external, FLOWBENCH_FAKES);
  EXPECT_TRUE(fs::path(subject.command[0]).is_absolute()) << subject.command[0];
  EXPECT_EQ(subject.command[1], "-c");
}

TEST(AskSubject, KeepsItsDescription) {
  const Subject subject = ask("refuses");
  ASSERT_TRUE(subject.description.has_value());
  EXPECT_EQ(subject.why_unsupported("plain"), "it was never written");
  EXPECT_EQ(subject.why_unsupported("nap"), "it does not have this workload");
  EXPECT_EQ(ask("honest").why_unsupported("plain"), std::nullopt);
}

TEST(AskSubject, KeepsHowItsWorkDiffers) {
  const Subject subject = ask("differs");
  EXPECT_EQ(subject.why_unlike("plain"), "its tasks cannot wait");
  EXPECT_EQ(subject.why_unlike("nap"), std::nullopt);
  EXPECT_EQ(subject.why_unsupported("plain"), std::nullopt);
  EXPECT_EQ(ask("mute").why_unlike("plain"), std::nullopt);
}

TEST(AskSubject, OneCannotSayHowItDoesWhatItDoesNotSupport) {
  const Subject subject = ask("boasts");
  EXPECT_FALSE(subject.description.has_value());
  EXPECT_THAT(subject.warning, HasSubstr("--describe of boasts failed (protocol_error"));
  EXPECT_THAT(subject.warning, HasSubstr("'unlike' names 'nap', which the subject does not support"));
}

TEST(AskSubject, OneThatCannotDescribeItselfIsTriedAllTheSame) {
  const Subject subject = ask("mute");
  EXPECT_TRUE(subject.can_run());
  EXPECT_THAT(subject.warning, HasSubstr("--describe of mute failed (crashed: exit code 2"));
}

TEST(AskSubject, OneThatCannotBeStartedIsNotTriedAgain) {
  EXPECT_EQ(ask("not_executable").trouble, Status::launch_failed);
  EXPECT_THAT(ask("not_executable").reason, HasSubstr("Permission denied"));
  EXPECT_THAT(ask("no_interpreter").reason, HasSubstr("its interpreter or loader does not exist"));
}

TEST(FileIdentity, ChangesWithTheFile) {
  const test::Folder folder;
  const fs::path file = folder.write("x", "1");
  const std::optional<FileIdentity> before = file_identity(file);
  EXPECT_EQ(file_identity(file), before);
  (void)folder.write("x", "22");
  EXPECT_NE(file_identity(file), before);
  EXPECT_EQ(file_identity(folder.path() / "none"), std::nullopt);
}

} // namespace
} // namespace flowbench
