#pragma once
// Where the memory of a coroutine's frame can come from: the library's pool for them, its MemoryPool, the heap of
// glibc, and that of mimalloc.

#include <cstddef>
#include <cstdlib>
#include <flowcoro/mem/frame_pool.hpp>
#include <flowcoro/mem/memory_pool.hpp>

namespace flowcoro_micro {

inline constexpr std::size_t frame_bytes = 96;

/// Each kind of memory has a `Thread`, which is what one thread allocates from and frees into.
class PoolMemory {
 public:
  class Thread {
   public:
    explicit Thread(PoolMemory& memory) noexcept : cache_{memory.arena_} {}
    [[nodiscard]] void* allocate(std::size_t bytes) { return cache_.allocate(bytes); }
    void deallocate(void* block, std::size_t bytes) noexcept { cache_.deallocate(block, bytes); }

   private:
    flowcoro::FrameCache cache_;
  };

  /// Bytes that it has taken from the system, or 0 where nobody counts them.
  [[nodiscard]] std::size_t mapped_bytes() const noexcept { return arena_.mapped_bytes(); }

 private:
  flowcoro::FrameArena arena_;
};

/// A MemoryPool, whose users have no object for a thread: it finds the thread's free blocks by itself.
class MemoryPoolMemory {
 public:
  struct Thread {
    explicit Thread(MemoryPoolMemory& memory) noexcept : pool{memory.pool_} {}
    [[nodiscard]] void* allocate(std::size_t /*bytes*/) { return pool.allocate(); }
    void deallocate(void* block, std::size_t /*bytes*/) noexcept { pool.deallocate(block); }
    flowcoro::MemoryPool& pool;
  };
  [[nodiscard]] std::size_t mapped_bytes() const noexcept { return pool_.capacity() * pool_.block_bytes(); }

 private:
  flowcoro::MemoryPool pool_{frame_bytes};
};

/// malloc as it is in every program.
class GlibcMemory {
 public:
  struct Thread {
    explicit Thread(GlibcMemory& /*memory*/) noexcept {}
    [[nodiscard]] void* allocate(std::size_t bytes) { return std::malloc(bytes); }
    void deallocate(void* block, std::size_t /*bytes*/) noexcept { std::free(block); }
  };
  [[nodiscard]] std::size_t mapped_bytes() const noexcept { return 0; }
};

/// mimalloc, where it was found when this was built. It is loaded with dlopen: linked to, it would replace malloc as well, for
/// all of this program, and there would be nothing left to compare it with.
class MimallocMemory {
 public:
  using Allocate = void* (*)(std::size_t);
  using Free = void (*)(void*);

  struct Functions {
    Allocate allocate = nullptr;
    Free free = nullptr;
  };
  /// Loads it at the first call. Both are nullptr when that was not possible, which the benchmark's context tells.
  [[nodiscard]] static const Functions& functions();

  class Thread {
   public:
    explicit Thread(MimallocMemory& /*memory*/) : functions_{functions()} {}
    [[nodiscard]] void* allocate(std::size_t bytes) { return functions_.allocate(bytes); }
    void deallocate(void* block, std::size_t /*bytes*/) noexcept { functions_.free(block); }

   private:
    Functions functions_;
  };
  [[nodiscard]] std::size_t mapped_bytes() const noexcept { return 0; }
};

} // namespace flowcoro_micro
