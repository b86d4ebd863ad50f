#pragma once
/// Two samples as lines of text.
#include "sample.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace flowcoro::top {

struct Size {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

struct Frame {
  std::vector<std::string> lines; ///< none longer than the columns, at most as many as the rows
  std::size_t heading = 0;        ///< the line that names the columns
};

/// \param before an earlier sample of the same process; without one (nullptr) rates are shown as '-'.
/// \param footer the last line.
[[nodiscard]] Frame make_frame(const Sample* before, const Sample& now, Size size, std::string_view footer);

/// In at most five characters: 999, 9.9k, 123k, 1.2M.
[[nodiscard]] std::string short_number(double value);
/// 870ns, 12us, 3.4ms, 2.0s.
[[nodiscard]] std::string short_time(std::uint64_t ns);
/// 512 KiB, 1.5 MiB.
[[nodiscard]] std::string short_bytes(std::uint64_t bytes);

} // namespace flowcoro::top
