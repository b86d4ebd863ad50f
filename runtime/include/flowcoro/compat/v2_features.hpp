#pragma once
/// enable_v2_features(): all of it for new automatic tasks, and back; and one report of what runs.
#include "flowcoro/compat/migration_helper.hpp"

#include <ostream>
#include <utility>

namespace flowcoro {

/// While one lives, new tasks of mode automatic are pooled. Undone when the last one goes. Move-only. Threads: any.
class [[nodiscard]] v2_features {
 public:
  v2_features() noexcept;
  v2_features(v2_features&& other) noexcept : on_{std::exchange(other.on_, false)} {}
  v2_features& operator=(v2_features&& other) noexcept {
    std::swap(on_, other.on_);
    return *this;
  }
  ~v2_features();

  /// Leaves them on when the guard goes, as enable_v2_features() does.
  void keep() noexcept;

 private:
  bool on_ = true;
};

/// For the rest of the program; any further call changes nothing. Threads: any.
void enable_v2_features() noexcept;
/// Back to the strategy that was set before. No effect when they are off.
void disable_v2_features() noexcept;
[[nodiscard]] bool v2_features_enabled() noexcept;

/// Live numbers of the default runtime, of tasks by kind, of the frame pools. Threads: any.
void print_performance_report(std::ostream& out);

} // namespace flowcoro
