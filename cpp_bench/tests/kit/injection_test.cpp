#include "injection.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <chrono>
#include <cstring>
#include <fstream>
#include <new>
#include <stdexcept>

#include "flowbench_kit/process_usage.hpp"

struct flowbench::Runtime {};

namespace flowbench::injection {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds busy{20};
constexpr std::uint64_t bytes = 64 << 20;
constexpr std::uint64_t counted_late = 1 << 20; // the kernel counts resident pages in lots, per CPU

Outcome work(Runtime&, const Phase& phase) {
  for (const auto end = Clock::now() + busy; Clock::now() < end;) {
  }
  return Finished{.completed = phase.tasks, .answer = 5};
}

// Takes memory and gives it back, as a runtime does whose stacks go with their tasks.
Outcome take_memory(Runtime&, const Phase& phase) {
  void* const memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  std::memset(memory, 1, bytes);
  ::munmap(memory, bytes);
  return Finished{.completed = phase.tasks, .answer = 5};
}

Outcome refuse(Runtime&, const Phase&) { return Unsupported{.reason = "no more threads"}; }

Outcome fail(Runtime&, const Phase&) { throw std::runtime_error("broken"); }

// Makes the peak of resident memory what is resident now, as if the process had just started.
void forget_peak() { std::ofstream("/proc/self/clear_refs") << 5; }

struct Worse {
  Runtime runtime{};
  Lateness lateness;
  QueueingDelays queueing;

  Outcome run(WorkloadFunction function, Amount amount, bool is_first = true) {
    const Phase phase{.tasks = 10, .seed = 1, .workers = 1, .lateness = lateness, .queueing = queueing};
    return run_worse(function, runtime, phase, amount, is_first);
  }
};

TEST(Injection, KeepsTheThreadBusyForAPartOfTheTime) {
  Worse worse;
  const auto start = Clock::now();
  const Outcome outcome = worse.run(work, {.time_percent = 50, .bytes_percent = 0});
  EXPECT_GE(Clock::now() - start, busy * 3 / 2);
  EXPECT_EQ(std::get<Finished>(outcome).answer, 5U);
}

TEST(Injection, RaisesThePeakByAPartOfWhatWasTaken) {
  Worse worse;
  forget_peak();
  const std::uint64_t before = read_memory().rss_bytes;
  const Outcome outcome = worse.run(take_memory, {.time_percent = 0, .bytes_percent = 30});
  const Memory after = read_memory();
  EXPECT_GE(after.peak_bytes + counted_late, before + bytes * 13 / 10);
  EXPECT_LE(after.peak_bytes, before + bytes * 14 / 10);
  EXPECT_LE(after.rss_bytes, before + bytes / 10) << "only the peak is worse";
  EXPECT_EQ(std::get<Finished>(outcome).completed, 10U);
}

TEST(Injection, LeavesTheMemoryOfLaterPhasesAlone) {
  Worse worse;
  forget_peak();
  static_cast<void>(worse.run(take_memory, {.time_percent = 0, .bytes_percent = 0}));
  const std::uint64_t peak = read_memory().peak_bytes;
  static_cast<void>(worse.run(take_memory, {.time_percent = 0, .bytes_percent = 30}, false));
  EXPECT_LE(read_memory().peak_bytes, peak + bytes / 10);
}

TEST(Injection, PassesOnWhatTheWorkloadSays) {
  Worse worse;
  const Amount amount{.time_percent = 10, .bytes_percent = 10};
  EXPECT_EQ(std::get<Unsupported>(worse.run(refuse, amount)).reason, "no more threads");
  EXPECT_THROW(static_cast<void>(worse.run(fail, amount)), std::runtime_error);
}

} // namespace
} // namespace flowbench::injection
