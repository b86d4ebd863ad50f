#include "flowcoro/base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace flowcoro::detail {

void assertion_failed(const char* condition, const char* message, const char* file, int line) noexcept {
  std::fprintf(stderr, "flowcoro: %s (%s) at %s:%d\n", message, condition, file, line);
  std::abort();
}

} // namespace flowcoro::detail
