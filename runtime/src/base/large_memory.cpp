#include "flowcoro/base/large_memory.hpp"

#include "flowcoro/base/detail/sanitized.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

namespace flowcoro {
namespace {

#ifdef FLOWCORO_SANITIZED
constexpr bool mapped(std::size_t) noexcept { return false; }
#else
constexpr bool mapped(std::size_t bytes) noexcept { return bytes >= large_bytes; }
#endif

} // namespace

void* try_allocate_large(std::size_t bytes) noexcept {
  if (!mapped(bytes)) return ::operator new(bytes, std::nothrow);
  void* start = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return start == MAP_FAILED ? nullptr : start;
}

void deallocate_large(void* memory, std::size_t bytes) noexcept {
  if (!mapped(bytes)) return ::operator delete(memory);
  munmap(memory, bytes);
}

void discard_large(void* memory, std::size_t bytes) noexcept {
  if (!mapped(bytes)) return;
  static const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto start = reinterpret_cast<std::uintptr_t>(memory);
  const std::uintptr_t first = (start + page - 1) / page * page;
  const std::uintptr_t end = (start + bytes) / page * page;
  // Not even an error would matter: then the pages stay.
  if (first < end) madvise(reinterpret_cast<void*>(first), end - first, MADV_DONTNEED);
}

} // namespace flowcoro
