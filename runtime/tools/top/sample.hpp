#pragma once
/// What the view needs of a snapshot.
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace flowcoro::top {

struct Counts {
  std::uint64_t submitted = 0;
  std::uint64_t completed = 0;
  std::uint64_t failed = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t steals = 0;
  std::uint64_t parks = 0;
  std::uint64_t wakes = 0;
  std::uint64_t injected = 0;
  std::uint64_t timers_fired = 0;
};

struct Worker {
  Counts counts;
  bool parked = false;
  bool guest = false;
  std::uint64_t queued = 0;
  std::int64_t cpu_ns = 0;
};

struct Pool {
  std::string name;
  std::uint64_t active = 0;
  std::uint64_t pending = 0;
  std::uint64_t ended = 0;
  std::uint64_t p99_ns = 0;
};

struct Sample {
  std::int64_t pid = 0;
  std::string runtime;
  std::int64_t steady_ns = 0;
  Counts all;
  std::uint64_t alive = 0;
  std::uint64_t inject_queued = 0;
  std::vector<Worker> workers;
  Counts outside;
  std::uint64_t timers_active = 0;
  std::map<std::uint64_t, std::uint64_t>
      lateness; ///< how many were at most so late, in ns, and more than the bound before
  std::uint64_t frames = 0;
  std::uint64_t frames_own = 0;
  std::uint64_t mapped_bytes = 0;
  std::vector<Pool> pools;
};

/// The program has answered, but not with a snapshot: what() is one line that says why, and what to do.
class NoSample : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
/// The program could not take a snapshot; it may at the next time.
class SnapshotFailed final : public NoSample {
 public:
  using NoSample::NoSample;
};

/// Throws NoSample.
[[nodiscard]] Sample parse_sample(std::string_view json);

/// Text of others for a terminal: what would control it becomes '?'.
[[nodiscard]] std::string harmless(std::string_view text);

} // namespace flowcoro::top
