#pragma once
/// coroutine_lifecycle_pool: a BoundedFramePool under the names of a pool of connections.
#include "flowcoro/mem/bounded_frame_pool.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace flowcoro {

struct coroutine_pool_config {
  std::size_t max_pool_size = 1000;
  std::size_t min_pool_size = 10;
  std::chrono::seconds idle_timeout{300};
  std::chrono::seconds cleanup_interval{60};
};

struct coroutine_pool_stats {
  std::uint64_t total = 0;  ///< blocks handed out so far
  std::uint64_t active = 0; ///< of them, not back yet
  std::size_t pooled = 0;   ///< free blocks
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  double hit_ratio = 0; ///< 0 to 1
  std::uint64_t bytes_saved = 0;
};

/// Threads: any.
class coroutine_lifecycle_pool {
 public:
  /// Throws std::invalid_argument.
  explicit coroutine_lifecycle_pool(const coroutine_pool_config& config = {}) : pool_{options_of(config)} {}

  /// Memory for one frame. Throws std::bad_alloc.
  [[nodiscard]] void* acquire(std::size_t bytes) { return pool_.allocate(bytes); }
  /// \param bytes the size that acquire() was asked for.
  void release(void* frame, std::size_t bytes) noexcept { pool_.deallocate(frame, bytes); }

  [[nodiscard]] coroutine_pool_stats stats() const noexcept {
    const BoundedFramePoolStats s = pool_.stats();
    return {s.allocations(), s.live(), s.free, s.hits, s.misses, s.hit_ratio(), s.bytes_saved};
  }
  /// What has been idle for too long goes now. \return blocks.
  std::size_t cleanup() noexcept { return pool_.cleanup(); }
  /// Gives all free blocks back, at once. \return how many. The pool may be used on.
  std::size_t shutdown() noexcept { return pool_.clear(); }

  [[nodiscard]] BoundedFramePool& frames() noexcept { return pool_; }

 private:
  [[nodiscard]] static BoundedFramePoolOptions options_of(const coroutine_pool_config& config) {
    BoundedFramePoolOptions options;
    options.max_free = config.max_pool_size;
    options.min_free = config.min_pool_size;
    options.idle = config.idle_timeout;
    options.cleanup_interval = config.cleanup_interval;
    return options;
  }

  BoundedFramePool pool_;
};

} // namespace flowcoro
