#pragma once
/// One test, many interleavings.
#include <concepts>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <type_traits>

namespace flowcoro::test {

/// What was wrong, and under which seed. Where an exception was the reason, that is nested in it (std::rethrow_if_nested).
class SeedFailed : public std::runtime_error {
 public:
  SeedFailed(std::uint64_t seed, const std::string& what)
      : std::runtime_error{"seed " + std::to_string(seed) + ": " + what}, seed_{seed} {}
  [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }

 private:
  std::uint64_t seed_;
};

namespace detail {
void run_seeds(std::uint64_t first, std::uint64_t count, const std::function<bool(std::uint64_t)>& body);
} // namespace detail

/// Calls `body(seed)` for `count` seeds from `first` on; it makes its DeterministicScheduler itself, behind all that the
/// coroutines use. Throws SeedFailed for the first seed with which it throws or gives false. Where the process ends instead, by a
/// signal or a sanitizer, the seed is named on stderr.
template <class F>
  requires std::invocable<F&, std::uint64_t>
void for_each_seed(std::uint64_t first, std::uint64_t count, F body) {
  detail::run_seeds(first, count, [&body](std::uint64_t seed) -> bool {
    if constexpr (std::is_void_v<std::invoke_result_t<F&, std::uint64_t>>) {
      body(seed);
      return true;
    } else {
      return static_cast<bool>(body(seed));
    }
  });
}

} // namespace flowcoro::test
