#pragma once
/// Short names for places in the source: a task that waits has one, and there are many tasks and few places.
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <source_location>
#include <unordered_map>
#include <vector>

namespace flowcoro::detail {

struct RuntimeLayout;

/// Numbers places in the order in which they are first seen. A place is told from others by the address of what the compiler wrote
/// down about it, so one in an inline function may have several numbers. Threads: any.
class PlaceNames {
 public:
  using Id = std::uint16_t;

 private:
  struct Known {
    std::source_location where;
    Id id = unknown;
  };

 public:
  /// Given to all places that are seen when there is no number left.
  static constexpr Id unknown = 0xffff;

  /// What one caller has asked for lately; threads: one at a time.
  class Cache {
    friend class PlaceNames;
    std::array<Known, 8> entries_{};
  };

  /// Throws std::bad_alloc. Allocates when the place is new.
  [[nodiscard]] Id id_of(std::source_location where, Cache& cache) {
    const Key key = key_of(where);
    Known& known = cache.entries_[(key / alignof(void*)) % cache.entries_.size()];
    if (key_of(known.where) != key) known = {where, number(where)};
    return known.id;
  }
  /// \return an empty place for `unknown`.
  [[nodiscard]] std::source_location place(Id id) const {
    const std::lock_guard lock{mutex_};
    return id < places_.size() ? places_[id] : std::source_location{};
  }

 private:
  friend struct RuntimeLayout;
  using Key = std::uintptr_t;
  [[nodiscard]] static Key key_of(std::source_location where) noexcept { return std::bit_cast<Key>(where); }

  [[nodiscard]] Id number(std::source_location where) {
    const std::lock_guard lock{mutex_};
    if (const auto found = ids_.find(key_of(where)); found != ids_.end()) return found->second;
    if (places_.size() == unknown) return unknown;
    if (places_.size() == places_.capacity()) places_.reserve(2 * places_.size() + 8);
    const auto id = static_cast<Id>(places_.size());
    ids_.emplace(key_of(where), id);
    places_.push_back(where); // there is room
    return id;
  }

  mutable std::mutex mutex_;
  std::unordered_map<Key, Id> ids_;
  std::vector<std::source_location> places_;
};

} // namespace flowcoro::detail
