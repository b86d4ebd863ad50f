#pragma once
/// SmartLoadBalancer: the least loaded of several schedulers.
#include "flowcoro/sched/load_balancer.hpp"

#include <cstddef>

namespace flowcoro {

/// See LoadBalancer. Threads: any.
class SmartLoadBalancer {
 public:
  /// Throws std::invalid_argument for none.
  explicit SmartLoadBalancer(std::size_t schedulers) : loads_{schedulers} {}

  /// Changes nothing: increment_load() says that something has gone there.
  [[nodiscard]] std::size_t select_scheduler() noexcept { return loads_.choose(); }
  void increment_load(std::size_t scheduler) noexcept { loads_.add(scheduler); }
  /// When that is done.
  void decrement_load(std::size_t scheduler) noexcept { loads_.remove(scheduler); }
  [[nodiscard]] std::size_t get_load(std::size_t scheduler) const noexcept { return loads_.load(scheduler); }
  [[nodiscard]] std::size_t scheduler_count() const noexcept { return loads_.places(); }

 private:
  LoadBalancer loads_;
};

} // namespace flowcoro
