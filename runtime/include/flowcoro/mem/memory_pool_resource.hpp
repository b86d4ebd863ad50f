#pragma once
/// A MemoryPool for the containers of std::pmr.
#include "flowcoro/mem/memory_pool.hpp"

#include <cstddef>
#include <memory_resource>

namespace flowcoro {

/// Takes from the pool what fits into one of its blocks, and the rest from `upstream`: for containers with nodes, such as list, map
/// and unordered_map. Threads: any, if upstream allows it. Pool and upstream must outlive it.
class MemoryPoolResource final : public std::pmr::memory_resource {
 public:
  explicit MemoryPoolResource(MemoryPool& pool,
                              std::pmr::memory_resource& upstream = *std::pmr::get_default_resource()) noexcept
      : pool_{pool}, upstream_{upstream} {}

 private:
  [[nodiscard]] bool fits(std::size_t bytes, std::size_t alignment) const noexcept {
    return bytes <= pool_.block_bytes() && alignment <= pool_.alignment();
  }
  void* do_allocate(std::size_t bytes, std::size_t alignment) override {
    return fits(bytes, alignment) ? pool_.allocate() : upstream_.allocate(bytes, alignment);
  }
  void do_deallocate(void* memory, std::size_t bytes, std::size_t alignment) override {
    if (fits(bytes, alignment))
      pool_.deallocate(memory);
    else
      upstream_.deallocate(memory, bytes, alignment);
  }
  [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
    const auto* same_kind = dynamic_cast<const MemoryPoolResource*>(&other);
    return same_kind != nullptr && &same_kind->pool_ == &pool_ && same_kind->upstream_.is_equal(upstream_);
  }

  MemoryPool& pool_;
  std::pmr::memory_resource& upstream_;
};

} // namespace flowcoro
