#include "flowcoro/compat/migration_helper.hpp"

#include "flowcoro/compat/lifecycle_manager.hpp"
#include "flowcoro/mem/bounded_frame_pool.hpp"

namespace flowcoro {
namespace {

constexpr double pays_from = 0.60;
constexpr double does_not_pay_below = 0.30;
constexpr std::uint64_t worth_bytes = 100'000;

} // namespace

void migration_helper::set_strategy(migration_strategy strategy) noexcept {
  switch (strategy) {
    case migration_strategy::conservative: return task_registry().set_automatic_kind(TaskKind::plain);
    case migration_strategy::aggressive: return task_registry().set_automatic_kind(TaskKind::tracked);
    case migration_strategy::full_pooling: return task_registry().set_automatic_kind(TaskKind::pooled);
  }
}

migration_strategy migration_helper::strategy() noexcept {
  switch (task_registry().automatic_kind()) {
    case TaskKind::plain: return migration_strategy::conservative;
    case TaskKind::tracked: return migration_strategy::aggressive;
    case TaskKind::pooled: break;
  }
  return migration_strategy::full_pooling;
}

migration_analysis migration_helper::analyze() noexcept {
  const BoundedFramePoolStats pool = default_frame_pool().stats();
  migration_analysis found{.current = strategy(),
                           .advice = strategy(),
                           .why = "too little was allocated from the pool to tell",
                           .pool_hit_ratio = pool.hit_ratio(),
                           .bytes_saved = pool.bytes_saved,
                           .pooled_percent = lifecycle_manager{}.adoption().pooled_percent};
  if (pool.allocations() == 0) return found;
  if (found.pool_hit_ratio >= pays_from && found.bytes_saved >= worth_bytes) {
    found.advice = migration_strategy::full_pooling;
    found.why = "most frames found a free block, and that saved the heap much work";
  } else if (found.pool_hit_ratio < does_not_pay_below) {
    found.advice = migration_strategy::conservative;
    found.why = "few frames found a free block";
  } else {
    found.why = "the pool serves part of the frames";
  }
  return found;
}

} // namespace flowcoro
