#include "model/scenarios.hpp"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <ostream>

namespace flowcoro::model {

std::ostream& operator<<(std::ostream& out, const Scenario& scenario) { return out << scenario.name; }

std::vector<Scenario> all_scenarios() {
  std::vector<Scenario> all;
  for (auto* of : {&local_queue_scenarios, &inject_queue_scenarios, &mpmc_queue_scenarios, &mpsc_queue_scenarios,
                   &parker_scenarios, &event_count_scenarios, &spin_lock_scenarios, &idle_workers_scenarios,
                   &task_handshake_scenarios, &frame_state_scenarios, &stop_state_scenarios, &two_ends_scenarios,
                   &trace_ring_scenarios})
    std::ranges::move(of(), std::back_inserter(all));
  return all;
}

bool explores_deeper() { return std::getenv("FLOWCORO_MODEL_DEEPER") != nullptr; }

} // namespace flowcoro::model
