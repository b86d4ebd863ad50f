#pragma once
/// What a test gets in place of a hang.
#include <cstddef>
#include <cstdint>
#include <source_location>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace flowcoro::test {

/// A deadlock: everything waits, and neither a ready coroutine nor a timer can end a wait. Or an endless loop: coroutines make
/// each other ready for ever while no time passes. what() names the seed, the virtual time and each place.
class NoProgress final : public std::runtime_error {
 public:
  NoProgress(const std::string& text, std::uint64_t seed, std::vector<std::source_location> waiting)
      : std::runtime_error{text}, seed_{seed}, waiting_{std::move(waiting)} {}

  [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }
  /// The last co_await of each task that had not ended, in the body of the task itself; last the call that waited for them.
  [[nodiscard]] const std::vector<std::source_location>& waiting() const noexcept { return waiting_; }

 private:
  std::uint64_t seed_;
  std::vector<std::source_location> waiting_;
};

namespace detail {

/// One line for each different place, with how many are there; the most crowded first, and not more than a reader will read.
[[nodiscard]] std::string list_of_places(const std::vector<std::source_location>& places);

} // namespace detail
} // namespace flowcoro::test
