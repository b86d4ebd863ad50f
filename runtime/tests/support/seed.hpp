#pragma once
/// Random numbers that a failed test can be repeated with.
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <system_error>

namespace flowcoro::test {
namespace detail {

inline std::uint64_t choose_seed() {
  const char* given = std::getenv("FLOWCORO_TEST_SEED");
  std::uint64_t seed = 0;
  if (given == nullptr) {
    std::random_device entropy;
    seed = (std::uint64_t{entropy()} << 32) | entropy();
  } else {
    const char* end = given + std::strlen(given);
    const auto [parsed, error] = std::from_chars(given, end, seed);
    if (error != std::errc{} || parsed != end || given == end) {
      std::fprintf(stderr, "FLOWCORO_TEST_SEED is '%s'; give an unsigned decimal number of at most 64 bits\n", given);
      std::exit(2);
    }
  }
  std::printf("[   seed   ] FLOWCORO_TEST_SEED=%llu repeats this\n", static_cast<unsigned long long>(seed));
  std::fflush(stdout);
  return seed;
}

} // namespace detail

/// The seed of this process: FLOWCORO_TEST_SEED, or a fresh one. Printed at the first call. Threads: any.
[[nodiscard]] inline std::uint64_t seed() {
  static const std::uint64_t chosen = detail::choose_seed();
  return chosen;
}

/// A generator for one thread of a test. Streams with different numbers differ under one seed.
class Random {
 public:
  explicit Random(std::uint64_t stream = 0) : engine_{seed() + 0x9e3779b97f4a7c15u * (stream + 1)} {}

  /// Uniform in [0, bound).
  [[nodiscard]] std::uint64_t below(std::uint64_t bound) {
    return std::uniform_int_distribution<std::uint64_t>{0, bound - 1}(engine_);
  }
  [[nodiscard]] bool one_in(std::uint64_t n) { return below(n) == 0; }
  [[nodiscard]] std::mt19937_64& engine() noexcept { return engine_; }

 private:
  std::mt19937_64 engine_;
};

} // namespace flowcoro::test
