#pragma once
/// coroutine_frame_allocator: the memory of frames by itself.
#include "flowcoro/mem/frame_pool.hpp"

#include <cstddef>

namespace flowcoro {

/// All are equal; what one has given, any other takes back. Threads: any.
class coroutine_frame_allocator {
 public:
  /// Aligned to 16. Throws std::bad_alloc.
  [[nodiscard]] void* allocate(std::size_t bytes) { return allocate_frame(bytes); }
  /// \param bytes the size that allocate() was asked for.
  void deallocate(void* frame, std::size_t bytes) noexcept { deallocate_frame(frame, bytes); }

  /// Gives free memory to the system. \return bytes. See trim_frames().
  std::size_t trim() noexcept { return trim_frames(); }
  [[nodiscard]] FrameStatistics statistics() const noexcept { return frame_statistics(); }

  [[nodiscard]] bool operator==(const coroutine_frame_allocator&) const noexcept { return true; }
};

} // namespace flowcoro
