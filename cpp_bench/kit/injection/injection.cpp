#include "injection.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <new>
#include <utility>

#include "flowbench_kit/process_usage.hpp"

namespace flowbench::injection {
namespace {

using Clock = std::chrono::steady_clock;

void spin_until(Clock::time_point end) {
  while (Clock::now() < end) {
  }
}

/// The pages are given back at once: a peak stays.
void touch(std::uint64_t bytes) {
  if (bytes == 0) return;
  void* const memory = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  for (std::size_t i = 0; i < bytes; i += page) {
    static_cast<volatile char*>(memory)[i] = 1;
  }
  ::munmap(memory, bytes);
}

std::uint64_t bytes_to_touch(const Memory& before, const Memory& after, std::uint64_t percent) {
  const std::uint64_t taken = after.peak_bytes - std::min(after.peak_bytes, before.rss_bytes);
  const std::uint64_t below_peak = after.peak_bytes - std::min(after.peak_bytes, after.rss_bytes);
  return below_peak + taken * percent / 100;
}

} // namespace

Outcome run_worse(WorkloadFunction run, Runtime& runtime, const Phase& phase, Amount amount, bool is_first) {
  const bool takes_memory = is_first && amount.bytes_percent > 0;
  const Memory before = takes_memory ? read_memory() : Memory{};
  const Clock::time_point start = Clock::now();
  Outcome outcome = run(runtime, phase);
  const Clock::time_point end = Clock::now();
  if (takes_memory) touch(bytes_to_touch(before, read_memory(), amount.bytes_percent));
  if (amount.time_percent > 0) spin_until(end + (end - start) * amount.time_percent / 100);
  return outcome;
}

} // namespace flowbench::injection
