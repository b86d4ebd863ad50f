#pragma once
/// migration_helper: what tasks of mode automatic are made as, and whether another choice would pay.
#include "flowcoro/coro/task_registry.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace flowcoro {

enum class migration_strategy : std::uint8_t {
  conservative, ///< new automatic tasks are plain
  aggressive,   ///< they are tracked
  full_pooling, ///< their frames come from default_frame_pool()
};

/// From counters, not from assumptions.
struct migration_analysis {
  migration_strategy current;
  migration_strategy advice;
  std::string_view why;
  double pool_hit_ratio;     ///< of default_frame_pool(), 0 to 1; 0 before its first allocation
  std::uint64_t bytes_saved; ///< by it
  double pooled_percent;     ///< of all counted tasks
};

/// Tasks that exist are never touched. Threads: any.
class migration_helper {
 public:
  static void set_strategy(migration_strategy strategy) noexcept;
  [[nodiscard]] static migration_strategy strategy() noexcept;
  /// full_pooling where at least 60 % of the pool's allocations were hits and they saved 100,000 bytes or more, conservative below 30 %,
  /// and else what it is now.
  [[nodiscard]] static migration_analysis analyze() noexcept;
};

} // namespace flowcoro
