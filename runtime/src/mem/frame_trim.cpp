// Finds the pages on which no frame lives, and gives them to the system.
//
// Free blocks of all classes are mixed in a region, so the free lists do not show what lies side by side. A map with a bit for each
// 16 bytes does: blocks and extents are marked in it, and each run of marks that holds a whole page besides its header becomes an
// extent. Its blocks leave the lists; all others stay in them.
#include "frame_classes.hpp"
#include "sanitizer.hpp"

#include "flowcoro/mem/frame_pool.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <new>
#include <optional>
#include <utility>

namespace flowcoro {
namespace {

std::uintptr_t address_of(const void* memory) noexcept { return reinterpret_cast<std::uintptr_t>(memory); }

/// How much of some pages is in memory now.
std::size_t resident_bytes(std::byte* start, std::size_t bytes, std::size_t page) noexcept {
  std::array<unsigned char, 512> present{};
  std::size_t pages = 0;
  for (std::size_t done = 0; done < bytes;) {
    const std::size_t part = std::min(bytes - done, present.size() * page);
    if (mincore(start + done, part, present.data()) != 0) return bytes;
    auto* end = present.data() + part / page;
    pages += static_cast<std::size_t>(std::count_if(present.data(), end, [](unsigned char p) { return (p & 1) != 0; }));
    done += part;
  }
  return pages * page;
}

} // namespace

/// Which parts of some regions are free.
class FrameArena::FreeMap {
 public:
  struct Mapped : Region {
    std::size_t first_bit;
    bool whole = false; ///< nothing in it is in use
  };

  /// Throws std::bad_alloc.
  explicit FreeMap(const std::vector<Region>& regions) {
    std::size_t bits = 0;
    regions_.reserve(regions.size());
    for (const Region& region : regions) {
      regions_.push_back({region, bits});
      bits += region.bytes / frame_class_bytes; // a multiple of a word's, as pages are
    }
    // The first bits follow the order of the list, not that of the addresses, which serves the search only.
    std::sort(regions_.begin(), regions_.end(), [](const Mapped& a, const Mapped& b) { return a.start < b.start; });
    words_.resize(bits / bits_per_word);
  }

  [[nodiscard]] std::vector<Mapped>& regions() noexcept { return regions_; }

  /// Memory outside of the regions is left out: it was mapped after the map was made.
  void mark(const void* memory, std::size_t bytes) noexcept {
    if (const std::optional<std::size_t> bit = bit_of(memory)) set(*bit, bytes / frame_class_bytes, true);
  }
  void unmark(const Mapped& region, std::byte* memory, std::size_t bytes) noexcept {
    set(bit_of(region, memory), bytes / frame_class_bytes, false);
  }
  [[nodiscard]] bool marked(const void* memory) const noexcept {
    const std::optional<std::size_t> bit = bit_of(memory);
    return bit.has_value() && (words_[*bit / bits_per_word] >> (*bit % bits_per_word) & 1) != 0;
  }

  /// Calls f(start, bytes) for each run of marks in the region; f may unmark it.
  template <class F>
  void for_each_run(const Mapped& region, F f) {
    const std::size_t end = region.first_bit + region.bytes / frame_class_bytes;
    for (std::size_t at = region.first_bit; at != end;) {
      const std::size_t first = next(at, end, true);
      at = next(first, end, false);
      if (first != at)
        f(region.start + (first - region.first_bit) * frame_class_bytes, (at - first) * frame_class_bytes);
    }
  }

 private:
  static constexpr std::size_t bits_per_word = std::numeric_limits<std::uint64_t>::digits;

  [[nodiscard]] static std::size_t bit_of(const Mapped& region, const void* memory) noexcept {
    return region.first_bit + (address_of(memory) - address_of(region.start)) / frame_class_bytes;
  }
  [[nodiscard]] std::optional<std::size_t> bit_of(const void* memory) const noexcept {
    const auto after = std::upper_bound(
        regions_.begin(), regions_.end(), memory,
        [](const void* of, const Mapped& region) { return address_of(of) < address_of(region.start); });
    if (after == regions_.begin()) return std::nullopt;
    const Mapped& region = *std::prev(after);
    if (address_of(memory) - address_of(region.start) >= region.bytes) return std::nullopt;
    return bit_of(region, memory);
  }

  void set(std::size_t bit, std::size_t count, bool value) noexcept {
    while (count != 0) {
      const std::size_t in_word = bit % bits_per_word;
      const std::size_t part = std::min(count, bits_per_word - in_word);
      const std::uint64_t mask = (~std::uint64_t{0} >> (bits_per_word - part)) << in_word;
      std::uint64_t& word = words_[bit / bits_per_word];
      word = value ? word | mask : word & ~mask;
      bit += part;
      count -= part;
    }
  }

  /// The first bit from `at` on that has this value, or `end`.
  [[nodiscard]] std::size_t next(std::size_t at, std::size_t end, bool value) const noexcept {
    while (at < end) {
      const std::uint64_t word = value ? words_[at / bits_per_word] : ~words_[at / bits_per_word];
      const std::uint64_t rest = word >> (at % bits_per_word);
      if (rest != 0) return at + static_cast<std::size_t>(std::countr_zero(rest));
      at += bits_per_word - at % bits_per_word;
    }
    return end;
  }

  std::vector<Mapped> regions_;
  std::vector<std::uint64_t> words_;
};

std::size_t FrameArena::trim() noexcept {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  // Pages of a run behind its header.
  const auto inner = [page](std::byte* start, std::size_t bytes) -> std::span<std::byte> {
    const std::size_t from = (page - (address_of(start) + sizeof(FreeExtent)) % page) % page + sizeof(FreeExtent);
    const std::size_t to = bytes - std::min(bytes, (address_of(start) + bytes) % page);
    return from < to ? std::span{start + from, to - from} : std::span<std::byte>{};
  };

  // From here until they are put back, nobody else can find what is free now: so what the map shows stays as it is.
  std::optional<FreeMap> map;
  Batches batches{};
  FreeExtent* extents = nullptr;
  try {
    const std::lock_guard lock{mutex_};
    map.emplace(regions_);
    for (std::size_t i = 0; i < frame_classes; ++i) {
      batches[i] = batches_[i].load(std::memory_order_relaxed);
      batches_[i].store(nullptr, std::memory_order_relaxed);
    }
    extents = std::exchange(extents_, nullptr);
  } catch (const std::bad_alloc&) {
    return 0;
  }

  for (std::size_t i = 0; i < frame_classes; ++i)
    for (const FreeBlock* batch = batches[i]; batch != nullptr; batch = batch->next_batch)
      for (const FreeBlock* block = batch; block != nullptr; block = block->next)
        map->mark(block, detail::class_bytes(i));
  for (const FreeExtent* extent = extents; extent != nullptr; extent = extent->next) map->mark(extent, extent->bytes);

  // What remains marked is given back.
  for (auto& region : map->regions()) {
    map->for_each_run(region, [&](std::byte* start, std::size_t bytes) {
      region.whole = bytes == region.bytes;
      if (!region.whole && inner(start, bytes).empty()) map->unmark(region, start, bytes);
    });
  }

  // Now the lists, as long as they are there to be read.
  Batches kept{};
  for (std::size_t i = 0; i < frame_classes; ++i) {
    std::uint32_t in_batch = 0;
    for (FreeBlock *batch = batches[i], *next_batch = nullptr; batch != nullptr; batch = next_batch) {
      next_batch = batch->next_batch;
      for (FreeBlock *block = batch, *next = nullptr; block != nullptr; block = next) {
        next = block->next;
        if (map->marked(block)) continue;
        // The first of a batch links the next one; a new one begins in front of the full one.
        const bool begins = in_batch % frame_batch == 0;
        block->next_batch = begins ? kept[i] : kept[i]->next_batch;
        block->next = begins ? nullptr : kept[i];
        kept[i] = block;
        ++in_batch;
      }
    }
  }
  FreeExtent* kept_extents = nullptr;
  for (FreeExtent *extent = extents, *next = nullptr; extent != nullptr; extent = next) {
    next = extent->next;
    if (!map->marked(extent)) extent->next = std::exchange(kept_extents, extent);
  }

  std::size_t given_back = 0;
  for (const auto& region : map->regions()) {
    if (region.whole) {
      given_back += resident_bytes(region.start, region.bytes, page);
      continue; // unmapped below, when nobody finds it in the list of regions any more
    }
    map->for_each_run(region, [&](std::byte* start, std::size_t bytes) {
      detail::unpoison(start, bytes);
      const std::span<std::byte> pages = inner(start, bytes);
      const std::size_t resident = resident_bytes(pages.data(), pages.size(), page);
      if (resident != 0 && madvise(pages.data(), pages.size(), MADV_DONTNEED) == 0) given_back += resident;
      kept_extents = ::new (start) FreeExtent{kept_extents, bytes};
    });
  }

  {
    const std::lock_guard lock{mutex_};
    for (std::size_t i = 0; i < frame_classes; ++i) {
      for (FreeBlock *batch = kept[i], *next = nullptr; batch != nullptr; batch = next) {
        next = std::exchange(batch->next_batch, batches_[i].load(std::memory_order_relaxed));
        batches_[i].store(batch, std::memory_order_relaxed);
      }
    }
    for (FreeExtent *extent = kept_extents, *next = nullptr; extent != nullptr; extent = next) {
      next = extent->next;
      extent->next = std::exchange(extents_, extent);
    }
    for (const auto& region : map->regions()) {
      if (!region.whole) continue;
      std::erase_if(regions_, [&region](const Region& listed) { return listed.start == region.start; });
      mapped_bytes_ -= region.bytes;
    }
    trimmed_bytes_ += given_back;
  }
  for (const auto& region : map->regions()) {
    if (!region.whole) continue;
    detail::unpoison(region.start, region.bytes);
    munmap(region.start, region.bytes);
  }
  return given_back;
}

} // namespace flowcoro
