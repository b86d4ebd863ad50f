#pragma once
/// What an exception says, for messages about it.
#include <exception>
#include <string>

namespace flowcoro::test::detail {

[[nodiscard]] inline std::string error_text(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const std::exception& said) {
    return said.what();
  } catch (...) {
    return "an exception that is no std::exception";
  }
}

} // namespace flowcoro::test::detail
