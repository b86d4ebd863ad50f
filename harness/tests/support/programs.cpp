#include "support/programs.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "numbers.hpp"
#include "text.hpp"

namespace flowbench::test {

Folder::Folder() {
  std::string name = (fs::temp_directory_path() / "flowbench-test-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored; // a test that failed half-way may have left a mount or a process in it
  fs::remove_all(path_, ignored);
}

fs::path Folder::write(const std::string& name, const std::string& text) const {
  write_text(path_ / name, text);
  return path_ / name;
}

Program::Program(std::vector<std::string> command, const fs::path& folder, std::vector<std::string> extra_environment)
    : out_(folder / ".stdout"), err_(folder / ".stderr") {
  std::vector<char*> arguments;
  for (std::string& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::vector<char*> environment;
  for (char** variable = environ; *variable != nullptr; ++variable) environment.push_back(*variable);
  // Tests run side by side on a machine that is busy with them: no lock that they share, no watching, no calibration, and
  // no trial that is run again because of the others. What a test asks for itself comes first.
  for (const std::string& variable :
       {"FLOWBENCH_LOCK=" + (folder / ".flowbench.lock").string(), std::string("FLOWBENCH_WATCH=0"),
        std::string("FLOWBENCH_CALIBRATE=0"), std::string("FLOWBENCH_TOLERATE=all")}) {
    extra_environment.push_back(variable);
  }
  for (std::string& variable : extra_environment) environment.push_back(variable.data());
  environment.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, out_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_addopen(&actions, 2, err_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawnattr_t attributes; // signals that the test blocks are not blocked in the program
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  const int error = posix_spawnp(&pid_, arguments[0], &actions, &attributes, arguments.data(), environment.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw std::runtime_error("cannot start " + command[0]);
}

Program::~Program() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

Finished Program::wait() {
  int status = 0;
  if (waitpid(pid_, &status, 0) != pid_) throw std::runtime_error("waitpid failed");
  pid_ = -1;
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), read_text(out_), read_text(err_)};
}

std::vector<std::string> flowbench(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), FLOWBENCH_PROGRAM);
  return arguments;
}

std::vector<std::string> flowbench_run(std::vector<std::string> arguments) {
  const std::vector<std::string> head{FLOWBENCH_PROGRAM, "run", "--catalog", FLOWBENCH_FAKE_CATALOG};
  arguments.insert(arguments.begin(), head.begin(), head.end());
  return arguments;
}

Finished run_program(std::vector<std::string> command, const fs::path& folder,
                     std::vector<std::string> extra_environment) {
  Program program(std::move(command), folder, std::move(extra_environment));
  return program.wait();
}

std::string read_text(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw std::runtime_error("cannot read " + file.string());
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

void write_text(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream stream(file, std::ios::binary);
  stream << text;
  if (!stream.flush()) throw std::runtime_error("cannot write " + file.string());
}

std::vector<Json> latest_trials(const fs::path& folder) {
  std::vector<Json> trials;
  std::istringstream lines(read_text(folder / "results/latest/trials.jsonl"));
  for (std::string line; std::getline(lines, line);) trials.push_back(Json::parse(line));
  return trials;
}

Json latest_run(const fs::path& folder) { return Json::parse(read_text(folder / "results/latest/run.json")); }

namespace {

std::vector<pid_t> pids_with_argument(const std::string& word) {
  std::vector<pid_t> pids;
  for (const fs::directory_entry& entry : fs::directory_iterator("/proc")) {
    const std::optional<std::uint64_t> pid = parse_u64(entry.path().filename().string());
    if (!pid) continue;
    std::ifstream stream(entry.path() / "cmdline", std::ios::binary); // empty for zombies
    std::ostringstream text;
    text << stream.rdbuf();
    const std::vector<std::string> arguments = split(text.str(), '\0');
    if (std::find(arguments.begin(), arguments.end(), word) != arguments.end()) {
      pids.push_back(static_cast<pid_t>(*pid));
    }
  }
  return pids;
}

} // namespace

int processes_with_argument(const std::string& word) { return static_cast<int>(pids_with_argument(word).size()); }

void kill_processes_with_argument(const std::string& word) {
  for (const pid_t pid : pids_with_argument(word)) kill(pid, SIGKILL);
}

void pause_briefly() { poll(nullptr, 0, 2); }

} // namespace flowbench::test
