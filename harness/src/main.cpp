// flowbench: starts subjects, checks their answers, keeps every trial. docs/flowbench.md is its manual.
#include <csignal>
#include <exception>
#include <iostream>

#include "cli.hpp"
#include "commands.hpp"
#include "failure.hpp"
#include "validate.hpp"

namespace flowbench {
namespace {

int run(const Message& message) {
  std::cout << message.text;
  return exit_good;
}
int run(RunOptions options) { return run_command(std::move(options)); }
int run(const PairOptions& options) { return pair_command(options); }
int run(const DoctorOptions& options) { return doctor_command(options); }
int run(const ListOptions& options) { return list_command(options); }
int run(const ValidateOptions& options) { return validate_run(options, "results", std::cout, std::cerr); }

// Lost output must not look like success: `flowbench list > /dev/full`.
int flushed(int code) {
  std::cout.flush();
  if (std::cout || code != exit_good) return code;
  std::cerr << "flowbench: cannot write to standard output\n";
  return exit_bad_result;
}

} // namespace
} // namespace flowbench

int main(int argc, char** argv) {
  using namespace flowbench;
  std::signal(SIGPIPE, SIG_IGN); // a closed pipe is an error of one write, not the end of a run
  try {
    Command command = parse_command_line(std::vector<std::string>(argv + std::min(argc, 1), argv + argc));
    return flushed(
        std::visit([](auto&& chosen) { return run(std::forward<decltype(chosen)>(chosen)); }, std::move(command)));
  } catch (const Failure& failure) {
    std::cerr << "flowbench: " << failure.what() << std::endl;
    return failure.exit_code();
  } catch (const std::exception& error) {
    std::cerr << "flowbench: internal error: " << error.what() << std::endl;
    return exit_environment;
  }
}
