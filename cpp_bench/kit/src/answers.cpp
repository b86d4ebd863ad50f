#include "flowbench_kit/answers.hpp"

namespace flowbench {

std::string request_text(std::uint64_t x) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string text = "req-";
  text.reserve(20);
  for (unsigned shift = 64; shift > 0;) {
    shift -= 4;
    text += hex[(x >> shift) & 0xfU];
  }
  return text;
}

} // namespace flowbench
