#include "cgroup.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>

namespace flowcoro::detail {
namespace {

struct FileCloser {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, FileCloser>;

unsigned cpus_for(long long quota, long long period) noexcept {
  if (quota <= 0 || period <= 0) return no_quota;
  return static_cast<unsigned>(std::max(1LL, (quota + period - 1) / period));
}

/// Opens a file of the group `directory` ("" or "/…") below `root`. A path that is too long is no file.
File open_in(const char* root, const char* directory, const char* name) noexcept {
  char path[1024];
  const int length = std::snprintf(path, sizeof path, "%s%s/%s", root, directory, name);
  return File{length > 0 && length < static_cast<int>(sizeof path) ? std::fopen(path, "re") : nullptr};
}

unsigned quota_v2(const char* root, const char* directory) noexcept {
  const File file = open_in(root, directory, "cpu.max");
  long long quota = 0;
  long long period = 0;
  // "max 100000" has no number first, and so reads as no quota.
  if (!file || std::fscanf(file.get(), "%lld %lld", &quota, &period) != 2) return no_quota;
  return cpus_for(quota, period);
}

long long number_in(const File& file) noexcept {
  long long value = 0;
  return file && std::fscanf(file.get(), "%lld", &value) == 1 ? value : 0;
}

unsigned quota_v1(const char* root, const char* directory) noexcept {
  char controller[512];
  const int length = std::snprintf(controller, sizeof controller, "%s/cpu", root);
  if (length < 0 || length >= static_cast<int>(sizeof controller)) return no_quota;
  return cpus_for(number_in(open_in(controller, directory, "cpu.cfs_quota_us")),
                  number_in(open_in(controller, directory, "cpu.cfs_period_us")));
}

} // namespace

unsigned cgroup_cpus(const char* root, const char* membership) noexcept {
  unsigned cpus = std::min(quota_v2(root, ""), quota_v1(root, ""));
  const File file{std::fopen(membership, "re")};
  char line[512];
  while (file &&
         std::fgets(line, sizeof line, file.get()) != nullptr) { // "4:cpu,cpuacct:/group" of v1, "0::/group" of v2
    line[std::strcspn(line, "\n")] = '\0';
    char* controllers = std::strchr(line, ':');
    if (controllers == nullptr) continue;
    char* directory = std::strchr(++controllers, ':');
    if (directory == nullptr) continue;
    *directory++ = '\0';
    const bool unified = *controllers == '\0';
    const bool cpu = std::strcmp(controllers, "cpu") == 0 || std::strncmp(controllers, "cpu,", 4) == 0;
    if (unified) cpus = std::min(cpus, quota_v2(root, directory));
    if (cpu) cpus = std::min(cpus, quota_v1(root, directory));
  }
  return cpus;
}

} // namespace flowcoro::detail
