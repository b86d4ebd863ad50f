// The sleep of a worker: a permit that is there already, and two threads that wake each other in turn.

#include <flowcoro/park/parker.hpp>
#include <optional>

#include "per_op.hpp"

namespace flowcoro_micro {
namespace {

using flowcoro::Parker;

/// park_until() with a deadline in the past takes a permit that waits, and says whether there was one.
void unpark_then_park(benchmark::State& state) {
  Parker parker;
  bool woken = true;
  for (auto _ : state) {
    parker.unpark();
    woken = parker.park_until(flowcoro::SteadyTime::min()) == flowcoro::ParkResult::woken && woken;
  }
  if (!check(state, woken)) return;
  report_per_op(state, 1);
}

struct Pair {
  Parker parkers[2];
  std::uint64_t turns = 0; // belongs to whoever was unparked last
};

/// One op is a wake: from unpark() on one thread to the return of park() on the other.
void park_unpark_across_threads(benchmark::State& state) {
  static std::optional<Pair> pair; // made and ended by thread 0; the other sees it between the ends of the loop only
  const bool first = state.thread_index() == 0;
  if (first) pair.emplace();
  std::uint64_t rounds = 0;
  for (auto _ : state) {
    Parker& other = pair->parkers[first ? 1 : 0];
    Parker& own = pair->parkers[first ? 0 : 1];
    if (first) other.unpark();
    own.park();
    ++pair->turns;
    if (!first) other.unpark();
    ++rounds;
  }
  report_own_ops(state, rounds);
  if (!first) return;
  static_cast<void>(check(state, pair->turns == 2 * rounds));
  pair.reset();
}

BENCHMARK(unpark_then_park);
BENCHMARK(park_unpark_across_threads)->Threads(2)->UseRealTime();

} // namespace
} // namespace flowcoro_micro
