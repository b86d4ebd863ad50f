#pragma once
/// How long what is ready waits for its turn. A turn is one resume of a coroutine by a worker, up to the next wait.
#include <chrono>
#include <cstdint>

namespace flowcoro {

/// At every so many turns of its own a worker looks at work from outside and at timers that are due. A prime, so that it does not
/// fall into step with programs that queue in round numbers.
inline constexpr std::uint32_t turns_between_looks = 61;

/// Who awaited a task that ended goes on within so many turns: at once, or when some more of its worker's short turns are over.
inline constexpr std::uint32_t turns_before_awaiter = 16;

/// What waits behind a coroutine that keeps its worker is taken by idle workers, one of which looks at least this often. If none is
/// idle, busy ones do so at those of their looks between which this time has passed, and take it when they see it a second time.
inline constexpr std::chrono::milliseconds longest_watch{2};

/// What is queued on a worker behind `ahead` others runs within so many turns of that worker, or sooner on another one. What was
/// queued later goes behind it; only at the looks does something from outside go first, one coroutine each time, and of those that
/// await tasks one in turns_before_awaiter turns.
[[nodiscard]] constexpr std::uint64_t turns_until_run(std::uint64_t ahead) noexcept {
  const std::uint64_t with_awaiters = ahead + 1 + ahead / (turns_before_awaiter - 1);
  return with_awaiters + 2 + with_awaiters / (turns_between_looks - 1);
}

} // namespace flowcoro
