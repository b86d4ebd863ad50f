// Subjects as programs: exit codes, and where their words go.

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

namespace {

struct Ended {
  int code;
  std::string text;
};

// `redirections` says which of the program's outputs is read here.
Ended run(const std::string& program, const std::string& arguments, const std::string& redirections) {
  const std::string command = redirections + " '" + program + "' " + arguments;
  std::FILE* const output = ::popen(("exec 4>&1; " + command).c_str(), "r");
  if (output == nullptr) throw std::runtime_error("popen");
  std::string text;
  std::array<char, 4096> block{};
  while (const std::size_t got = std::fread(block.data(), 1, block.size(), output)) text.append(block.data(), got);
  const int status = ::pclose(output);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text};
}

constexpr const char* only_descriptor_3 = "3>&4 >/dev/null 2>/dev/null";
constexpr const char* only_stdout = "3>&- 2>/dev/null";
constexpr const char* only_stderr = "2>&4 3>/dev/null >/dev/null";

const std::string good = "--workload spawn_join --tasks 1000 --workers 2 --phases 1 --seed 7";

// The answer of harness/contract/fixtures/streams/ok_one_phase.jsonl, which was worked out independently.
const std::string answer = R"("answer":"14994498245577282098")";

TEST(Program, WritesRecordsToDescriptorThree) {
  for (const std::string program : {FLOWBENCH_SERIAL, FLOWBENCH_STD_THREAD}) {
    const Ended ended = run(program, good, only_descriptor_3);
    EXPECT_EQ(ended.code, 0);
    EXPECT_NE(ended.text.find(answer), std::string::npos) << ended.text;
    EXPECT_EQ(std::count(ended.text.begin(), ended.text.end(), '\n'), 3);
  }
}

TEST(Program, WritesRecordsToStdoutWhenDescriptorThreeIsClosed) {
  const Ended ended = run(FLOWBENCH_SERIAL, good, only_stdout);
  EXPECT_EQ(ended.code, 0);
  EXPECT_NE(ended.text.find(answer), std::string::npos) << ended.text;
}

TEST(Program, WritesRecordsToTheDescriptorThatIsNamed) {
  const Ended ended = run(FLOWBENCH_SERIAL, good, "FLOWBENCH_FD=5 5>&4 3>/dev/null >/dev/null 2>/dev/null");
  EXPECT_EQ(ended.code, 0);
  EXPECT_NE(ended.text.find(answer), std::string::npos) << ended.text;
}

TEST(Program, EndsWithTwoAndOneLineOnAUsageError) {
  for (const std::string arguments :
       {"", "--tasks", "--workload nonsense --tasks 1 --workers 1 --phases 1 --seed 1",
        "--workload spawn_join --tasks 0 --workers 1 --phases 1 --seed 1", "--describe --seed 1"}) {
    const Ended ended = run(FLOWBENCH_SERIAL, arguments, only_stderr);
    EXPECT_EQ(ended.code, 2) << arguments;
    EXPECT_EQ(std::count(ended.text.begin(), ended.text.end(), '\n'), 1) << ended.text;
  }
}

TEST(Program, EndsWithTwoWhenTheNamedDescriptorIsNone) {
  const Ended ended = run(FLOWBENCH_SERIAL, good, "FLOWBENCH_FD=three 2>&4 3>/dev/null >/dev/null");
  EXPECT_EQ(ended.code, 2);
  EXPECT_NE(ended.text.find("FLOWBENCH_FD"), std::string::npos) << ended.text;
}

TEST(Program, EndsWithOneWhenItsRecordsCannotBeWritten) {
  const Ended ended = run(FLOWBENCH_SERIAL, good, "3>/dev/full 2>&4 >/dev/null");
  EXPECT_EQ(ended.code, 1);
  EXPECT_NE(ended.text.find("No space left"), std::string::npos) << ended.text;
}

// The answers of the fixtures: N, seed and answer of workloads that other languages compute too.
TEST(Serial, GivesTheAnswersOfTheFixtures) {
  const auto answer_of = [](const std::string& workload, const std::string& tasks, const std::string& seed) {
    const Ended ended =
        run(FLOWBENCH_SERIAL, "--workload " + workload + " --tasks " + tasks + " --workers 1 --phases 0 --seed " + seed,
            only_descriptor_3);
    const std::size_t last = ended.text.rfind('\n', ended.text.size() - 2) + 1;
    return nlohmann::json::parse(ended.text.substr(last)).at("answer").get<std::string>();
  };
  EXPECT_EQ(answer_of("channel", "5", "3"), "8239616044172865937");
  EXPECT_EQ(answer_of("sleep", "1000", "12345"), "3711781804672023626");
  EXPECT_EQ(answer_of("sleep", "2", "9"), "13201851221327515694");
  EXPECT_EQ(answer_of("spawn_join", "1", "18446744073709551615"), "16490336266968443936");
  EXPECT_EQ(answer_of("spawn_join", "50000", "7"), "7949472876234008013");
}

} // namespace
