#include "flowbench_kit/program.hpp"

#include <cstdlib>
#include <exception>
#include <iostream>
#include <span>
#include <string_view>
#include <vector>

#include "flowbench_kit/run_subject.hpp"
#include "flowbench_kit/usage_error.hpp"

namespace flowbench {
namespace {

constexpr int usage_exit = 2;

int report(std::string_view program, const std::exception& error, int code) {
  std::cerr << program << ": " << error.what() << '\n';
  return code;
}

} // namespace

int run_program(int argc, const char* const* argv, const std::function<Subject()>& describe) noexcept {
  const std::vector<std::string_view> words(argv, argv + argc);
  const std::string_view program = words.empty() ? "subject" : words.front();
  try {
    const RecordSink sink(choose_descriptor(std::getenv("FLOWBENCH_FD")));
    run_subject(describe(), std::span(words).subspan(words.empty() ? 0 : 1), sink);
    return EXIT_SUCCESS;
  } catch (const UsageError& error) {
    return report(program, error, usage_exit);
  } catch (const std::exception& error) {
    return report(program, error, EXIT_FAILURE);
  }
}

} // namespace flowbench
