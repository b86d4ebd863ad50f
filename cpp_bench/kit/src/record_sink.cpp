#include "flowbench_kit/record_sink.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <string>
#include <system_error>

#include "flowbench_kit/usage_error.hpp"

namespace flowbench {
namespace {

constexpr int default_descriptor = 3;

bool can_write(int descriptor) noexcept {
  const int flags = ::fcntl(descriptor, F_GETFL);
  return flags != -1 && (flags & O_ACCMODE) != O_RDONLY;
}

} // namespace

void RecordSink::write(std::string_view line) const {
  std::string text(line);
  text += '\n';
  std::string_view left = text;
  while (!left.empty()) {
    const ssize_t written = ::write(descriptor_, left.data(), left.size());
    if (written >= 0) {
      left.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      throw std::system_error(errno, std::generic_category(),
                              "cannot write a record to file descriptor " + std::to_string(descriptor_));
    }
  }
}

int choose_descriptor(const char* named) {
  if (named != nullptr) {
    const std::string_view text = named;
    int descriptor = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), descriptor);
    if (error != std::errc{} || end != text.data() + text.size() || descriptor < 0) {
      throw UsageError("FLOWBENCH_FD must be the number of a file descriptor, not '" + std::string(text) + "'");
    }
    if (can_write(descriptor)) {
      return descriptor;
    }
  }
  return can_write(default_descriptor) ? default_descriptor : STDOUT_FILENO;
}

} // namespace flowbench
