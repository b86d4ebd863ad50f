// What workers cost that have nothing to do, as the kernel counts it.
#include "flowcoro/async/sleep.hpp"
#include "flowcoro/sched/runtime.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "support/asleep.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using flowcoro::Lazy;
using flowcoro::Runtime;
using flowcoro::Task;
namespace fs = std::filesystem;

std::set<std::string> threads_of_this_process() {
  std::set<std::string> ids;
  for (const auto& entry : fs::directory_iterator{"/proc/self/task"}) ids.insert(entry.path().filename());
  return ids;
}

/// What some threads have cost so far.
struct Cost {
  std::uint64_t switches = 0;
  std::chrono::nanoseconds cpu{0};

  friend Cost operator-(const Cost& a, const Cost& b) { return {a.switches - b.switches, a.cpu - b.cpu}; }
};

Cost cost_of(const std::set<std::string>& threads) {
  Cost cost;
  for (const std::string& id : threads) {
    const fs::path folder = fs::path{"/proc/self/task"} / id;
    std::ifstream status{folder / "status"};
    std::string key;
    while (status >> key) {
      std::uint64_t count = 0;
      if (key == "voluntary_ctxt_switches:" || key == "nonvoluntary_ctxt_switches:") {
        status >> count;
        cost.switches += count;
      }
    }
    std::ifstream schedstat{folder / "schedstat"};
    std::uint64_t ns = 0;
    schedstat >> ns;
    cost.cpu += std::chrono::nanoseconds{ns};
  }
  return cost;
}

/// Under scripts/stress as long as the promise says, in a usual run a tenth of that.
std::chrono::seconds measured_time() { return std::getenv("FLOWCORO_STRESS") != nullptr ? 10s : 1s; }

class IdleRuntime : public testing::Test {
 protected:
  IdleRuntime() {
    std::thread{[] {}}.join(); // with the first thread a sanitizer starts one of its own
    const std::set<std::string> before = threads_of_this_process();
    runtime_.emplace(flowcoro::RuntimeOptions{.workers = 16});
    workers_ = threads_of_this_process();
    for (const std::string& id : before) workers_.erase(id);
  }

  /// In the best of a few measurements: a signal that stops the process and lets it go on wakes every thread of it.
  void expect_to_cost_nothing() {
    const std::uint64_t switches_allowed = 10u * static_cast<std::uint64_t>(measured_time().count());
    const std::chrono::nanoseconds cpu_allowed = std::chrono::nanoseconds{measured_time()} / 1'000;
    std::this_thread::sleep_for(50ms); // the workers go to sleep
    Cost cost;
    for (int i = 0; i < 5; ++i) {
      const Cost before = cost_of(workers_);
      std::this_thread::sleep_for(measured_time());
      cost = cost_of(workers_) - before;
      if (cost.switches <= switches_allowed && cost.cpu < cpu_allowed) return;
    }
    EXPECT_LE(cost.switches, switches_allowed);
    EXPECT_LT(cost.cpu, cpu_allowed);
  }

  std::optional<Runtime> runtime_;
  std::set<std::string> workers_;
};

TEST_F(IdleRuntime, OfSixteenWorkersCostsNothingWhenItsTasksHaveEnded) {
  ASSERT_EQ(workers_.size(), 16u);
  std::vector<Task<>> tasks;
  for (int i = 0; i < 1'000; ++i) tasks.push_back(spawn_on(*runtime_, [] {}));
  for (auto& task : tasks) sync_wait(*runtime_, task);
  expect_to_cost_nothing();
  EXPECT_GT(cost_of(workers_).switches, 0u) << "they were awake once";
}

TEST_F(IdleRuntime, OfSixteenWorkersCostsNothingWhileAllTasksAndAThreadInSyncWaitSleep) {
  std::vector<Task<>> sleepers;
  for (int i = 0; i < 1'000; ++i)
    sleepers.push_back(spawn_on(*runtime_, []() -> Lazy<void> { co_await flowcoro::sleep_for(1h); }));
  flowcoro::test::Watched waiting;
  std::thread waiter{[&] {
    waiting.is_this_thread();
    EXPECT_THROW(sync_wait(*runtime_, []() -> Lazy<void> { co_await flowcoro::sleep_for(1h); }),
                 flowcoro::OperationCancelled);
  }};
  waiting.wait_until_asleep();
  expect_to_cost_nothing();
  static_cast<void>(runtime_->shutdown());
  waiter.join();
}

} // namespace
