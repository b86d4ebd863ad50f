#pragma once
/// The operators by which a coroutine or an object of the library's gets its memory.
#include "flowcoro/mem/frame_pool.hpp"

#include <cstddef>
#include <new>

namespace flowcoro::detail {

/// Frames of the shared pool.
struct SharedFrames {
  [[nodiscard]] static void* allocate(std::size_t bytes) { return allocate_frame(bytes); }
  static void deallocate(void* frame, std::size_t bytes) noexcept { deallocate_frame(frame, bytes); }
};

/// An empty base. Memory: allocate(bytes), which aligns as operator new, and deallocate(frame, bytes).
template <class Memory = SharedFrames>
struct FrameOperators {
  static void* operator new(std::size_t bytes) { return Memory::allocate(bytes); }
  static void operator delete(void* frame, std::size_t bytes) noexcept { Memory::deallocate(frame, bytes); }
  // clang calls these with -fcoro-aligned-allocation, which the library's CMake target asks for: a frame that holds an
  // over-aligned local or parameter is aligned for it. g++ has no such option.
  static void* operator new(std::size_t bytes, std::align_val_t alignment) {
    return alignment <= std::align_val_t{frame_class_bytes} ? Memory::allocate(bytes)
                                                            : ::operator new(bytes, alignment);
  }
  static void operator delete(void* frame, std::size_t bytes, std::align_val_t alignment) noexcept {
    if (alignment <= std::align_val_t{frame_class_bytes})
      Memory::deallocate(frame, bytes);
    else
      ::operator delete(frame, bytes, alignment);
  }
};

} // namespace flowcoro::detail
