#pragma once
// Where the records go.

#include <string_view>

namespace flowbench {

class RecordSink {
 public:
  explicit RecordSink(int descriptor) noexcept : descriptor_(descriptor) {}

  /// Writes line and a newline in full. Blocks: yes. \throws std::system_error
  void write(std::string_view line) const;

 private:
  int descriptor_;
};

/// The descriptor that FLOWBENCH_FD names, else 3, else stdout: the first that is open for writing.
/// `named` is the variable's value, null when it is not set. \throws UsageError when it is not a number.
[[nodiscard]] int choose_descriptor(const char* named);

} // namespace flowbench
