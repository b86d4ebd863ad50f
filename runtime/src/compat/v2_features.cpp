#include "flowcoro/compat/v2_features.hpp"

#include "flowcoro/compat/lifecycle_manager.hpp"
#include "flowcoro/mem/bounded_frame_pool.hpp"
#include "flowcoro/mem/frame_pool.hpp"
#include "flowcoro/sched/runtime.hpp"

#include <cstddef>
#include <mutex>

namespace flowcoro {
namespace {

std::mutex switching;
// Guarded by it:
std::size_t guards = 0;
bool for_good = false;
migration_strategy before = migration_strategy::conservative;

/// Under the lock, when the first reason to have them on comes.
void turn_on() noexcept {
  if (guards != 0 || for_good) return;
  before = migration_helper::strategy();
  migration_helper::set_strategy(migration_strategy::full_pooling);
}
/// Under the lock, when the last one has gone.
void turn_off() noexcept {
  if (guards == 0 && !for_good) migration_helper::set_strategy(before);
}

void print_frames(std::ostream& out) {
  const FrameStatistics shared = frame_statistics();
  const BoundedFramePoolStats bounded = default_frame_pool().stats();
  out << "frames, shared pool: " << shared.allocations() << " allocated, " << shared.hits << " from the own cache, "
      << shared.mapped_bytes << " bytes mapped\n"
      << "frames, bounded pool: " << bounded.allocations() << " allocated, " << bounded.hits << " hits, "
      << bounded.misses << " misses, " << bounded.free << " free, " << bounded.bytes_saved << " bytes saved\n";
}

} // namespace

v2_features::v2_features() noexcept {
  const std::lock_guard hold{switching};
  turn_on();
  ++guards;
}

v2_features::~v2_features() {
  const std::lock_guard hold{switching};
  if (!on_) return;
  --guards;
  turn_off();
}

void v2_features::keep() noexcept {
  const std::lock_guard hold{switching};
  if (!on_) return;
  on_ = false;
  for_good = true;
  --guards;
}

void enable_v2_features() noexcept {
  const std::lock_guard hold{switching};
  turn_on();
  for_good = true;
}

void disable_v2_features() noexcept {
  const std::lock_guard hold{switching};
  if (!for_good) return;
  for_good = false;
  turn_off();
}

bool v2_features_enabled() noexcept {
  const std::lock_guard hold{switching};
  return guards != 0 || for_good;
}

void print_performance_report(std::ostream& out) {
  const RuntimeStats r = default_runtime().stats();
  out << "default runtime: " << default_runtime().workers() << " workers, " << r.submitted << " tasks submitted, "
      << r.completed << " completed, " << r.cancelled << " cancelled, " << r.alive() << " alive, " << r.steals
      << " steals, " << r.parks << " parks, " << r.wakes << " wakes, " << r.timers_fired << " timers fired\n";
  lifecycle_manager{}.print_report(out);
  print_frames(out);
}

} // namespace flowcoro
