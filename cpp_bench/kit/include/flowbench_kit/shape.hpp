#pragma once
// The numbers of docs/contract.md that give each workload its shape, equal for every subject.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace flowbench {

inline constexpr int yields_per_task = 10;
inline constexpr std::size_t channel_capacity = 128;
inline constexpr std::uint64_t chain_depth = 1000;
inline constexpr std::chrono::milliseconds request_sleep{5};

/// How long each of N tasks sleeps: long enough that the first still sleeps when the last has been spawned.
[[nodiscard]] constexpr std::chrono::milliseconds sleep_time(std::uint64_t tasks) noexcept {
  using std::chrono::milliseconds;
  if (tasks <= 1'000) {
    return milliseconds{10};
  }
  if (tasks <= 10'000) {
    return milliseconds{100};
  }
  return tasks <= 100'000 ? milliseconds{1'000} : milliseconds{10'000};
}

/// Calls chain(first, last) for each chain of `await_chain`: levels [first, last), 1,000 but for the last chain.
template <class Chain>
constexpr void for_each_chain(std::uint64_t tasks, Chain&& chain) {
  for (std::uint64_t first = 0; first < tasks; first += chain_depth) {
    chain(first, std::min(first + chain_depth, tasks));
  }
}

/// The groups of `when_all`, one after the other: 10, 100, 1,000, 10, … tasks, the last cut to fit.
class Groups {
 public:
  struct Group {
    std::uint64_t first;
    std::uint64_t last; ///< one past the end
    [[nodiscard]] constexpr std::uint64_t size() const noexcept { return last - first; }
  };

  constexpr explicit Groups(std::uint64_t tasks) noexcept : tasks_(tasks) {}

  [[nodiscard]] constexpr bool done() const noexcept { return first_ >= tasks_; }

  [[nodiscard]] constexpr Group next() noexcept {
    const Group group{first_, std::min(first_ + size_, tasks_)};
    first_ = group.last;
    size_ = size_ == 1'000 ? 10 : size_ * 10;
    return group;
  }

 private:
  std::uint64_t tasks_;
  std::uint64_t first_ = 0;
  std::uint64_t size_ = 10;
};

} // namespace flowbench
