// What every fuzz target gets: bytes, as text or as a file.
#pragma once

#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "files.hpp"

/// The entry that libFuzzer calls, and corpus_main.cpp too.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace flowbench::fuzz {

[[nodiscard]] inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// A file in memory, for readers that take a path.
class MemoryFile {
 public:
  explicit MemoryFile(std::string_view text) : file_(memfd_create("fuzz", MFD_CLOEXEC)) {
    if (!file_.is_open() || write_all(file_.get(), text) != 0) std::abort();
  }
  [[nodiscard]] std::filesystem::path path() const { return "/proc/self/fd/" + std::to_string(file_.get()); }

 private:
  FileDescriptor file_;
};

/// Stops the fuzzer where something does not hold.
inline void expect(bool holds) {
  if (!holds) std::abort();
}

} // namespace flowbench::fuzz
