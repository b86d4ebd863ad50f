// What the user asked for, with every default filled in.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "disturbance.hpp"

namespace flowbench {

enum class Order { random, round_robin, batch };

[[nodiscard]] constexpr std::string_view name(Order order) {
  return order == Order::random ? "random" : order == Order::round_robin ? "round-robin" : "batch";
}

/// What to measure and how: the part of the options that the plan, and so a resumed run, depends on.
struct PlanOptions {
  std::vector<std::string> subjects;  // ids; empty: all
  std::vector<std::string> workloads; // ids; empty: all
  std::string filter;                 // regular expression over subject/workload/tasks; empty: all
  std::vector<std::uint64_t> tasks;   // empty: those of the catalog
  std::vector<std::uint64_t> workers; // empty: one for each CPU that may be used
  std::uint32_t rounds = 7;
  std::uint32_t phases = 3;
  std::uint32_t warmup = 0;
  std::chrono::milliseconds timeout{60'000};
  std::chrono::milliseconds min_time{100}; // how long a Google Benchmark case measures at least
  Order order = Order::random;
  std::uint64_t seed = 0;
  std::vector<int> affinity;                    // CPUs; empty: those of this process
  std::vector<std::filesystem::path> manifests; // subjects from outside the repository
  std::filesystem::path catalog;
  std::optional<std::uint64_t> memory_limit; // bytes
  std::optional<std::uint64_t> process_limit;
  bool budgets = true;       // whether budgets of the catalog apply
  std::uint32_t retries = 2; // of a trial that the machine disturbed
  Tolerated tolerated;       // disturbances that do not contaminate
};

/// How the machine is looked at.
struct WatchOptions {
  std::filesystem::path lock;            // keeps others from measuring at the same time
  std::chrono::milliseconds window{500}; // how long others are watched; 0: not at all
};

/// Where the results of a command that measures go, and what it shows.
struct SessionOptions {
  WatchOptions watch;
  bool wait = false;           // for the lock
  std::uint32_t calibrate = 5; // repetitions of the fixed work, each time; 0: none
  std::filesystem::path results = "results";
  std::optional<std::filesystem::path> out; // the folder of these results; nothing: a new one in `results`
  bool dry_run = false;
  bool quiet = false;
  bool verbose = false;
  bool color = true;
};

struct RunOptions : SessionOptions {
  PlanOptions plan;
  std::vector<std::string> arguments;          // as typed, behind the command: a resumed run puts them behind its own
  std::optional<std::filesystem::path> resume; // a run to go on with
  std::optional<std::string> trace;            // a case to run once more for its trace
};

/// One of the two builds that `pair` compares.
struct ArmOptions {
  PlanOptions plan;               // the same in both but for the catalog and the manifests
  std::filesystem::path subjects; // the folder of its executables
  std::string title;              // for people; empty: none
};

struct PairOptions : SessionOptions {
  ArmOptions base, candidate;
};

struct ListOptions {
  std::filesystem::path catalog;
  std::vector<std::filesystem::path> manifests;
  bool json = false;
};

struct DoctorOptions {
  WatchOptions watch;
  bool json = false;
};

struct ValidateOptions {
  std::filesystem::path run;
};

/// The arguments that ask for exactly this again, the program's name first.
[[nodiscard]] std::vector<std::string> command_to_repeat(const PlanOptions& options);
[[nodiscard]] std::vector<std::string> command_to_repeat(const PairOptions& options);

} // namespace flowbench
