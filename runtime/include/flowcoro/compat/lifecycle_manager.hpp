#pragma once
/// lifecycle_manager: reads the registry of tasks.
#include "flowcoro/coro/task_registry.hpp"

#include <ostream>
#include <string>

namespace flowcoro {

/// How much of the tasks with a policy is pooled or tracked.
struct lifecycle_adoption {
  double pooled_percent = 0;
  double enhanced_percent = 0;
};

/// Keeps nothing itself: any number of them show the same. Threads: any.
class lifecycle_manager {
 public:
  explicit lifecycle_manager(const TaskRegistry& registry = task_registry()) noexcept : registry_{registry} {}
  [[nodiscard]] static lifecycle_manager get_instance() noexcept { return lifecycle_manager{}; }

  [[nodiscard]] TaskSnapshot stats() const noexcept { return registry_.snapshot(); }
  [[nodiscard]] TaskCounts stats(TaskKind kind) const noexcept { return stats().of(kind); }
  /// Of all tasks that were made so far; 0 without any.
  [[nodiscard]] lifecycle_adoption adoption() const noexcept;

  /// A table of lines of text.
  void print_report(std::ostream& out) const;
  [[nodiscard]] std::string report() const;
  /// One object: {"compatible": {"created": …, "active": …, "completed": …, "cancelled": …, "failed": …}, "enhanced": …, "pooled": …,
  /// "pooled_percent": …, "enhanced_percent": …}.
  [[nodiscard]] std::string to_json() const;

 private:
  const TaskRegistry& registry_;
};

} // namespace flowcoro
