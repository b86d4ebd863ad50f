#pragma once
/// How many tasks a pool runs, how many wait, and for how long.
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace flowcoro::pool {

/// A field of a CoroutinePoolConfig has a value that makes no sense; what() begins with its name.
class InvalidPoolConfig final : public std::invalid_argument {
 public:
  InvalidPoolConfig(std::string_view field, std::string_view why)
      : std::invalid_argument{std::string{field} + ": " + std::string{why}}, field_{field} {}
  [[nodiscard]] std::string_view field() const noexcept { return field_; }

 private:
  std::string_view field_; // a literal
};

/// What a pool does with a task for which it has no room.
enum class WhenFull : std::uint8_t {
  wait,   ///< spawn() waits for room: back-pressure
  refuse, ///< spawn() gives SpawnError::full
};

struct CoroutinePoolConfig {
  /// Tasks that run at once, waits of theirs included; at least 1. Default: two for each CPU.
  std::size_t max_coroutines = default_max_coroutines();
  /// Tasks for which the pool has its tables ready from the start; at most max_coroutines. Default: one for each CPU.
  std::size_t min_coroutines = default_min_coroutines();
  /// Tasks that wait for their start, of all priorities together. 0: none waits, so a pool is full when max_coroutines run.
  std::size_t work_stealing_queue_size = 1000;
  /// Whether an idle worker takes tasks that another one has queued. Without it the pool has workers of its own, each of which
  /// keeps what it has begun.
  bool enable_work_stealing = true;
  /// High before Normal before Low, and the reserve. Without it tasks start in the order in which they came.
  bool enable_priority_scheduling = true;
  /// From its start on; then the task is asked to stop. 0: no limit.
  std::uint64_t task_timeout_ms = 5000;

  /// High tasks that may run beyond max_coroutines. Default: a quarter of it, rounded up.
  std::size_t high_reserve = derived;
  /// Who has waited this long for its start comes before all who have not, whatever their priorities; at least 1. On a Runtime it is
  /// timed by the ticks of the system, so one of them may be added.
  std::uint64_t aging_ms = 100;
  WhenFull when_full = WhenFull::wait;

  /// Stands for a value that follows from another field.
  static constexpr std::size_t derived = static_cast<std::size_t>(-1);

  /// Throws InvalidPoolConfig.
  void validate() const;
  [[nodiscard]] std::size_t reserve() const noexcept {
    if (!enable_priority_scheduling) return 0;
    return high_reserve == derived ? (max_coroutines + 3) / 4 : high_reserve;
  }

 private:
  [[nodiscard]] static std::size_t default_max_coroutines() noexcept;
  [[nodiscard]] static std::size_t default_min_coroutines() noexcept;
};

} // namespace flowcoro::pool
