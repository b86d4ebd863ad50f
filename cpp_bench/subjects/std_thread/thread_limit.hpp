#pragma once
// Which limit of the system stands in the way of one more thread.

#include <cstdint>
#include <string>

namespace std_thread {

struct ThreadLimit {
  std::string text;       ///< for example vm.max_map_count=65530
  std::uint64_t headroom; ///< how many more threads it allows, about
};

/// The limit that is nearest to being used up. Call it when a thread was refused, while the others still exist.
/// Reads /proc; limits that cannot be read are left out.
[[nodiscard]] ThreadLimit nearest_thread_limit();

} // namespace std_thread
