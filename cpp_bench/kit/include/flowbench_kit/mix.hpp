#pragma once
// The arithmetic that every task of the suite does: splitmix64, so that an answer needs the work to be done.

#include <cstdint>

namespace flowbench {

/// One splitmix64 output step of x (Steele, Lea & Flood, OOPSLA 2014).
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t x) noexcept {
  std::uint64_t z = x + 0x9e3779b97f4a7c15U;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31U);
}

/// 300 dependent steps, about 1 µs: what a task of `compute` does.
[[nodiscard]] constexpr std::uint64_t rounds(std::uint64_t x) noexcept {
  for (int step = 0; step < 300; ++step) {
    x = mix(x);
  }
  return x;
}

} // namespace flowbench
