#include "flowbench_kit/process_usage.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>

namespace flowbench {
namespace {

constexpr std::uint64_t mib = 1024 * 1024;

TEST(StatusBytes, FindsALineByItsWholeKey) {
  const std::string_view status = "Name:\tserial\nVmHWMX:\t       1 kB\nVmHWM:\t    2248 kB\nVmRSS:\t 96 kB\n";
  EXPECT_EQ(find_status_bytes(status, "VmHWM"), 2248U * 1024U);
  EXPECT_EQ(find_status_bytes(status, "VmRSS"), 96U * 1024U);
}

TEST(StatusBytes, IsNothingForAMissingOrMalformedLine) {
  EXPECT_EQ(find_status_bytes("VmRSS:\t 96 kB\n", "VmHWM"), std::nullopt);
  EXPECT_EQ(find_status_bytes("", "VmHWM"), std::nullopt);
  EXPECT_EQ(find_status_bytes("VmHWM:", "VmHWM"), std::nullopt);
  EXPECT_EQ(find_status_bytes("VmHWM:\t x kB\n", "VmHWM"), std::nullopt);
  EXPECT_EQ(find_status_bytes("VmHWM:\t 12 MB\n", "VmHWM"), std::nullopt);
}

TEST(Memory, PeakStaysWhenTouchedMemoryIsGivenBack) {
  constexpr std::uint64_t size = 64 * mib;
  const Memory before = read_memory();
  void* const block = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(block, MAP_FAILED);
  std::memset(block, 1, size);
  const Memory full = read_memory();
  ASSERT_EQ(::munmap(block, size), 0);
  const Memory after = read_memory();

  EXPECT_GE(full.rss_bytes, before.rss_bytes + size - mib);
  EXPECT_GE(full.peak_bytes, full.rss_bytes - mib);
  EXPECT_LT(after.rss_bytes, before.rss_bytes + 8 * mib);
  EXPECT_GE(after.peak_bytes, before.rss_bytes + size - mib);
}

TEST(CpuTime, GrowsWithWorkOfThisProcess) {
  const auto start = process_cpu_time();
  volatile std::uint64_t sink = 0;
  while (process_cpu_time() == start) sink = sink + 1;
  EXPECT_GT(process_cpu_time(), start);
}

} // namespace
} // namespace flowbench
