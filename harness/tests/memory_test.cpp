// Memory figures are the subject's own.
#include <gtest/gtest.h>

#include "cpus.hpp"
#include "executor/executor.hpp"
#include "protocol.hpp"
#include "support/programs.hpp"

namespace flowbench {
namespace {

Sample sample_of(const std::string& fake, std::uint64_t tasks) {
  StopSignals signals;
  Executor executor(signals);
  const ProcessOutcome outcome =
      executor.run({.command = {std::string(FLOWBENCH_FAKES) + "/" + fake, "--workload", "plain", "--tasks",
                                std::to_string(tasks), "--workers", "1", "--phases", "1", "--seed", "5"},
                    .workers = 1,
                    .cpus = allowed_cpus(),
                    .timeout = std::chrono::minutes(1)});
  const Conversation conversation = read_conversation(outcome.result, {"plain", tasks, 1});
  EXPECT_EQ(conversation.error, "");
  return conversation.samples.at(0);
}

TEST(Memory, OfAKnownSubjectComesOutRight) {
  constexpr std::uint64_t tasks = 100'000;
  const Sample sample = sample_of("thousand_bytes", tasks);
  const std::uint64_t per_task = (sample.peak_rss_bytes - sample.rss_before_bytes) / tasks;
  EXPECT_GE(per_task, 950U);
  EXPECT_LE(per_task, 1'050U);
}

TEST(Memory, FlowbenchItselfStaysSmall) {
  const test::Folder folder;
  test::Program program(
      test::flowbench_run({"--subjects", "slow", "--workloads", "plain", "--rounds", "3", "--tasks", "10"}),
      folder.path());
  const std::string status = "/proc/" + std::to_string(program.pid()) + "/status";
  EXPECT_TRUE(test::eventually([&] { return fs::exists(folder.path() / "results/latest/trials.jsonl"); }));
  const std::string text = test::read_text(status);
  const std::size_t at = text.find("VmHWM:");
  ASSERT_NE(at, std::string::npos);
  const long kilobytes = std::stol(text.substr(at + 6));
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr long most = 400'000; // the shadow memory of a sanitizer
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  constexpr long most = 400'000;
#else
  constexpr long most = 16'000;
#endif
#else
  constexpr long most = 16'000;
#endif
  EXPECT_LT(kilobytes, most);
  EXPECT_EQ(program.wait().exit_code, 0);
}

} // namespace
} // namespace flowbench
