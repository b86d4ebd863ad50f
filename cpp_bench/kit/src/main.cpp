// main() of every C++ subject.

#include <cstdlib>
#include <exception>
#include <iostream>
#include <string_view>
#include <vector>

#include "flowbench_kit/run_subject.hpp"
#include "flowbench_kit/usage_error.hpp"

namespace {

constexpr int usage_exit = 2;

int report(std::string_view program, const std::exception& error, int code) {
  std::cerr << program << ": " << error.what() << '\n';
  return code;
}

} // namespace

int main(int argc, char** argv) {
  const std::vector<std::string_view> words(argv, argv + argc);
  const std::string_view program = words.empty() ? "subject" : words.front();
  try {
    const flowbench::RecordSink sink(flowbench::choose_descriptor(std::getenv("FLOWBENCH_FD")));
    flowbench::run_subject(flowbench::describe_subject(), std::span(words).subspan(words.empty() ? 0 : 1), sink);
    return EXIT_SUCCESS;
  } catch (const flowbench::UsageError& error) {
    return report(program, error, usage_exit);
  } catch (const std::exception& error) {
    return report(program, error, EXIT_FAILURE);
  }
}
