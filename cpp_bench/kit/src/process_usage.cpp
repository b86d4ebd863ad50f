#include "flowbench_kit/process_usage.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <ctime>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>

namespace flowbench {
namespace {

constexpr const char* status_path = "/proc/self/status";

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

std::size_t read_status(std::span<char> buffer) {
  const int file = ::open(status_path, O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    fail(status_path);
  }
  std::size_t size = 0;
  ssize_t got = 0;
  do {
    got = ::read(file, buffer.data() + size, buffer.size() - size);
    if (got > 0) {
      size += static_cast<std::size_t>(got);
    }
  } while (got > 0 || (got < 0 && errno == EINTR));
  const int error = errno;
  ::close(file);
  if (got < 0) {
    errno = error;
    fail(status_path);
  }
  return size;
}

std::uint64_t require_bytes(std::string_view status, std::string_view key) {
  const std::optional<std::uint64_t> bytes = find_status_bytes(status, key);
  if (!bytes) {
    throw std::runtime_error(std::string(status_path) + " has no line " + std::string(key));
  }
  return *bytes;
}

} // namespace

std::optional<std::uint64_t> find_status_bytes(std::string_view status, std::string_view key) noexcept {
  while (!status.empty()) {
    const std::size_t line_end = std::min(status.find('\n'), status.size());
    std::string_view line = status.substr(0, line_end);
    status.remove_prefix(std::min(line_end + 1, status.size()));
    if (!line.starts_with(key) || line.substr(key.size(), 1) != ":") {
      continue;
    }
    line.remove_prefix(key.size() + 1);
    const std::size_t digits = line.find_first_not_of(" \t");
    if (digits == std::string_view::npos) {
      return std::nullopt;
    }
    line.remove_prefix(digits);
    std::uint64_t kib = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), kib);
    const bool whole = error == std::errc{} && line.substr(static_cast<std::size_t>(end - line.data())) == " kB";
    return whole ? std::optional{kib * 1024} : std::nullopt;
  }
  return std::nullopt;
}

Memory read_memory() {
  std::array<char, 8192> buffer;
  const std::string_view status(buffer.data(), read_status(buffer));
  return {.rss_bytes = require_bytes(status, "VmRSS"), .peak_bytes = require_bytes(status, "VmHWM")};
}

std::chrono::nanoseconds process_cpu_time() {
  timespec time{};
  if (::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) != 0) {
    fail("clock_gettime");
  }
  return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

} // namespace flowbench
