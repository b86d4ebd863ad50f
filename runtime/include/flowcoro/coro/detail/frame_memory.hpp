#pragma once
/// Where the frames of a policy lie.
#include "flowcoro/coro/detail/frame_operators.hpp"
#include "flowcoro/coro/task_policy.hpp"
#include "flowcoro/mem/bounded_frame_pool.hpp"

#include <concepts>
#include <cstddef>
#include <memory>
#include <memory_resource>
#include <new>
#include <type_traits>
#include <utility>

namespace flowcoro::detail {

template <Frames frames>
struct FrameMemory;

template <>
struct FrameMemory<Frames::shared> : SharedFrames {};
template <>
struct FrameMemory<Frames::heap> {
  [[nodiscard]] static void* allocate(std::size_t bytes) { return ::operator new(bytes); }
  static void deallocate(void* frame, std::size_t bytes) noexcept { ::operator delete(frame, bytes); }
};
template <>
struct FrameMemory<Frames::bounded> {
  [[nodiscard]] static void* allocate(std::size_t bytes) { return default_frame_pool().allocate(bytes); }
  static void deallocate(void* frame, std::size_t bytes) noexcept { default_frame_pool().deallocate(frame, bytes); }
};
/// What was chosen is written behind the frame.
template <>
struct FrameMemory<Frames::automatic> {
  [[nodiscard]] static void* allocate(std::size_t bytes) {
    const bool bounded = task_registry().automatic_kind() == TaskKind::pooled;
    void* frame =
        bounded ? FrameMemory<Frames::bounded>::allocate(bytes + 1) : FrameMemory<Frames::shared>::allocate(bytes + 1);
    static_cast<std::byte*>(frame)[bytes] = std::byte{bounded};
    return frame;
  }
  static void deallocate(void* frame, std::size_t bytes) noexcept {
    if (static_cast<std::byte*>(frame)[bytes] != std::byte{0})
      FrameMemory<Frames::bounded>::deallocate(frame, bytes + 1);
    else
      FrameMemory<Frames::shared>::deallocate(frame, bytes + 1);
  }
};

/// Frames by an allocator of the user's: any of the standard's kind, or a memory resource.
template <class A>
struct FrameAllocatorOf {
  struct alignas(__STDCPP_DEFAULT_NEW_ALIGNMENT__) Block {
    std::byte bytes[__STDCPP_DEFAULT_NEW_ALIGNMENT__];
  };
  using type = typename std::allocator_traits<A>::template rebind_alloc<Block>;
};
template <class R>
  requires std::derived_from<R, std::pmr::memory_resource>
struct FrameAllocatorOf<R*> : FrameAllocatorOf<std::pmr::polymorphic_allocator<std::byte>> {};

/// The frame, and behind it the allocator that takes it back.
template <class A>
class FrameByAllocator {
  using Allocator = typename FrameAllocatorOf<A>::type;
  using Traits = std::allocator_traits<Allocator>;
  using Block = typename Traits::value_type;
  static_assert(std::is_pointer_v<typename Traits::pointer>, "frames need an allocator that gives plain pointers");

  struct Owner {
    Allocator allocator;
    Block* blocks;
    std::size_t count;
  };

  [[nodiscard]] static constexpr std::size_t up(std::size_t bytes, std::size_t alignment) noexcept {
    return (bytes + alignment - 1) / alignment * alignment;
  }
  [[nodiscard]] static Owner* owner_of(void* frame, std::size_t bytes) noexcept {
    return reinterpret_cast<Owner*>(static_cast<std::byte*>(frame) + up(bytes, alignof(Owner)));
  }

 public:
  /// Throws what the allocator throws.
  [[nodiscard]] static void* allocate(std::size_t bytes, const A& given,
                                      std::size_t alignment = __STDCPP_DEFAULT_NEW_ALIGNMENT__) {
    Allocator allocator(given);
    const std::size_t room = alignment <= alignof(Block) ? 0 : alignment - alignof(Block);
    const std::size_t count = (up(bytes, alignof(Owner)) + sizeof(Owner) + room + sizeof(Block) - 1) / sizeof(Block);
    Block* blocks = Traits::allocate(allocator, count);
    auto* frame = reinterpret_cast<std::byte*>(up(reinterpret_cast<std::size_t>(blocks), alignment));
    ::new (static_cast<void*>(owner_of(frame, bytes))) Owner{std::move(allocator), blocks, count};
    return frame;
  }
  static void deallocate(void* frame, std::size_t bytes) noexcept {
    Owner* owner = owner_of(frame, bytes);
    Allocator allocator = std::move(owner->allocator);
    Block* blocks = owner->blocks;
    const std::size_t count = owner->count;
    owner->~Owner();
    Traits::deallocate(allocator, blocks, count);
  }
};

} // namespace flowcoro::detail
