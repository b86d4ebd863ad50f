#include "thread_limit.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

namespace std_thread {
namespace {

using Count = std::optional<std::uint64_t>;

constexpr std::uint64_t maps_per_thread = 2; // its stack and the guard page below

// nullopt for a file that is not there and for "max", which is no limit.
Count read_number(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::uint64_t number = 0;
  return in >> number ? Count(number) : std::nullopt;
}

// The number behind `key:` in /proc/self/status.
Count read_own_status(std::string_view key) {
  std::ifstream in("/proc/self/status");
  for (std::string word; in >> word;) {
    if (word.size() == key.size() + 1 && word.starts_with(key) && word.back() == ':') {
      std::uint64_t number = 0;
      return in >> number ? Count(number) : std::nullopt;
    }
    in.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return std::nullopt;
}

// The fourth field of /proc/loadavg, "running/all": every thread of the system holds a pid.
Count threads_of_system() {
  std::ifstream in("/proc/loadavg");
  std::string load;
  std::string running;
  std::uint64_t threads = 0;
  in >> load >> load >> load;
  std::getline(in, running, '/');
  return in >> threads ? Count(threads) : std::nullopt;
}

Count own_maps() {
  std::ifstream in("/proc/self/maps", std::ios::binary);
  if (!in) {
    return std::nullopt;
  }
  std::uint64_t lines = 0;
  std::array<char, 65536> block;
  while (in.read(block.data(), block.size()) || in.gcount() > 0) {
    lines += static_cast<std::uint64_t>(std::count(block.begin(), block.begin() + in.gcount(), '\n'));
  }
  return lines;
}

class Limits {
 public:
  void add(std::string_view name, Count limit, Count used, std::uint64_t per_thread = 1) {
    if (limit && used) {
      const std::uint64_t left = *limit > *used ? *limit - *used : 0;
      limits_.push_back({std::string(name) + '=' + std::to_string(*limit), left / per_thread});
    }
  }

  [[nodiscard]] ThreadLimit nearest() const {
    const auto found = std::ranges::min_element(limits_, {}, &ThreadLimit::headroom);
    return found != limits_.end() ? *found : ThreadLimit{"a limit that /proc does not show", 0};
  }

 private:
  std::vector<ThreadLimit> limits_;
};

// The pids controller of cgroup v2 (line "0::/path") or v1 (line "8:pids:/path"), from our own group up to the root.
void add_cgroups(Limits& limits) {
  std::ifstream in("/proc/self/cgroup");
  for (std::string line; std::getline(in, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) {
      continue;
    }
    const std::string controllers = line.substr(first + 1, second - first - 1);
    if (!controllers.empty() && (',' + controllers + ',').find(",pids,") == std::string::npos) {
      continue;
    }
    const std::filesystem::path root = controllers.empty() ? "/sys/fs/cgroup" : "/sys/fs/cgroup/pids";
    std::filesystem::path group = line.substr(second + 1);
    while (true) {
      const std::filesystem::path folder = root / group.relative_path();
      limits.add("cgroup pids.max", read_number(folder / "pids.max"), read_number(folder / "pids.current"));
      if (!group.has_relative_path()) {
        break;
      }
      group = group.parent_path();
    }
  }
}

Count soft_limit(int resource) {
  rlimit limit{};
  if (::getrlimit(static_cast<__rlimit_resource_t>(resource), &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
    return std::nullopt;
  }
  return limit.rlim_cur;
}

} // namespace

ThreadLimit nearest_thread_limit() {
  Limits limits;
  const Count system_threads = threads_of_system();
  limits.add("kernel.pid_max", read_number("/proc/sys/kernel/pid_max"), system_threads);
  limits.add("kernel.threads-max", read_number("/proc/sys/kernel/threads-max"), system_threads);
  limits.add("vm.max_map_count", read_number("/proc/sys/vm/max_map_count"), own_maps(), maps_per_thread);
  add_cgroups(limits);
  if (::getuid() != 0) { // the kernel does not hold root to it
    limits.add("RLIMIT_NPROC", soft_limit(RLIMIT_NPROC), read_own_status("Threads"));
  }
  const Count stack_bytes = soft_limit(RLIMIT_STACK);
  const Count mapped_kib = read_own_status("VmSize");
  if (stack_bytes && *stack_bytes > 0 && mapped_kib) {
    limits.add("RLIMIT_AS", soft_limit(RLIMIT_AS), *mapped_kib * 1024, *stack_bytes);
  }
  return limits.nearest();
}

} // namespace std_thread
