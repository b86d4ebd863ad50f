// Running flowbench as its users do, in a folder of its own.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "strict_json.hpp"

namespace flowbench {

namespace fs = std::filesystem;

} // namespace flowbench

namespace flowbench::test {

/// A folder that is gone after the test.
class Folder {
 public:
  Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder();
  [[nodiscard]] const fs::path& path() const { return path_; }
  [[nodiscard]] fs::path write(const std::string& name, const std::string& text) const;

 private:
  fs::path path_;
};

struct Finished {
  int exit_code = -1;
  std::string out, err;
};

/// A running program; wait() must be called.
class Program {
 public:
  Program(std::vector<std::string> command, const fs::path& folder, std::vector<std::string> extra_environment = {});
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program();
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] Finished wait();

 private:
  fs::path out_, err_;
  pid_t pid_ = -1;
};

/// flowbench with the fake subjects beside it; `run` gets their catalog.
[[nodiscard]] std::vector<std::string> flowbench(std::vector<std::string> arguments);
[[nodiscard]] std::vector<std::string> flowbench_run(std::vector<std::string> arguments);
[[nodiscard]] Finished run_program(std::vector<std::string> command, const fs::path& folder,
                                   std::vector<std::string> extra_environment = {});

[[nodiscard]] std::string read_text(const fs::path& file);
void write_text(const fs::path& file, const std::string& text);

/// The lines of trials.jsonl of the newest run in `folder`/results.
[[nodiscard]] std::vector<Json> latest_trials(const fs::path& folder);
[[nodiscard]] Json latest_run(const fs::path& folder);

/// Polls until `condition` holds or a minute has passed; returns whether it holds.
template <typename Condition>
bool eventually(Condition condition);

/// How many living processes have `word` as one of their arguments.
[[nodiscard]] int processes_with_argument(const std::string& word);

/// Ends what a test started and could not end otherwise.
void kill_processes_with_argument(const std::string& word);

void pause_briefly();

template <typename Condition>
bool eventually(Condition condition) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    pause_briefly();
  }
  return true;
}

} // namespace flowbench::test
