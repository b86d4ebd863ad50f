#pragma once
/// A test over many seeds, and a deterministic scheduler that keeps the accounts of each.
#include "flowcoro/test/deterministic_scheduler.hpp"
#include "flowcoro/test/for_each_seed.hpp"
#include "support/build.hpp"
#include "support/seed.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <random>

namespace flowcoro::test {

/// What the program under test is made of: follows from the seed, as the interleaving does.
class Choices {
 public:
  explicit Choices(std::uint64_t seed) : seed_{seed}, engine_{seed} {}

  [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }
  /// In [0, bound).
  [[nodiscard]] std::size_t below(std::size_t bound) { return engine_() % bound; }
  [[nodiscard]] int from_to(int least, int most) {
    return least + static_cast<int>(below(static_cast<std::size_t>(most) - static_cast<std::size_t>(least) + 1));
  }
  [[nodiscard]] bool one_in(std::size_t n) { return below(n) == 0; }

 private:
  std::uint64_t seed_;
  std::mt19937_64 engine_;
};

/// At its end: everything joined, every task accounted for, and no exception lost but those that the test took.
class CheckedScheduler final : public DeterministicScheduler {
 public:
  explicit CheckedScheduler(const Choices& choices) : DeterministicScheduler{choices.seed()} {}
  ~CheckedScheduler() override {
    EXPECT_TRUE(shutdown().clean());
    EXPECT_EQ(stats().submitted, stats().completed + stats().cancelled);
    EXPECT_TRUE(take_unhandled().empty());
  }
  CheckedScheduler(const CheckedScheduler&) = delete;
  CheckedScheduler& operator=(const CheckedScheduler&) = delete;
};

/// Calls `body(choices)` over `in_release` seeds from seed() on, so FLOWCORO_TEST_SEED=<the seed that failed> begins with that
/// one. Ends at the first failure.
template <class F>
void over_seeds(std::size_t in_release, F body) {
  for_each_seed(seed(), rounds(in_release), [&body](std::uint64_t now) {
    Choices choices{now};
    body(choices);
    return !testing::Test::HasFailure();
  });
}

} // namespace flowcoro::test
