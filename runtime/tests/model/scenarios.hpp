#pragma once
/// The programs in which the library's lock-free parts are explored.
#include "model/checker.hpp"

#include <iosfwd>
#include <string_view>
#include <vector>

namespace flowcoro::model {

struct Scenario {
  std::string_view name; ///< a C++ identifier
  Bounds bounds = {};
  Program program;
  bool large = false; ///< too large to be explored again for each memory order, but with explores_deeper()
};
std::ostream& operator<<(std::ostream& out, const Scenario& scenario);

[[nodiscard]] std::vector<Scenario> local_queue_scenarios();
[[nodiscard]] std::vector<Scenario> inject_queue_scenarios();
[[nodiscard]] std::vector<Scenario> mpmc_queue_scenarios();
[[nodiscard]] std::vector<Scenario> mpsc_queue_scenarios();
[[nodiscard]] std::vector<Scenario> parker_scenarios();
[[nodiscard]] std::vector<Scenario> event_count_scenarios();
[[nodiscard]] std::vector<Scenario> spin_lock_scenarios();
[[nodiscard]] std::vector<Scenario> idle_workers_scenarios();
[[nodiscard]] std::vector<Scenario> task_handshake_scenarios();
[[nodiscard]] std::vector<Scenario> frame_state_scenarios();
[[nodiscard]] std::vector<Scenario> stop_state_scenarios();
[[nodiscard]] std::vector<Scenario> two_ends_scenarios();
[[nodiscard]] std::vector<Scenario> trace_ring_scenarios();
[[nodiscard]] std::vector<Scenario> all_scenarios();

/// Does FLOWCORO_MODEL_DEEPER ask for more than there is time for at every change?
[[nodiscard]] bool explores_deeper();

} // namespace flowcoro::model
