// One finished trial: a line of trials.jsonl.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "executor/noise.hpp"
#include "measurement.hpp"
#include "records.hpp"
#include "status.hpp"
#include "strict_json.hpp"

namespace flowbench {

struct Trial {
  std::uint64_t trial = 0; // its number in the plan
  std::uint64_t round = 0;
  std::uint64_t order = 0;
  std::string subject, workload;
  std::string
      benchmark; // in the place of workload, tasks, workers and phases, for a Google Benchmark case; empty: a workload
  std::uint64_t tasks = 0;
  std::uint64_t workers = 0;
  std::uint64_t phases = 0;
  bool warmup = false;
  Status status = Status::ok;
  std::string reason;
  std::optional<int> exit_code;
  std::optional<int> signal;
  std::uint64_t started_ns = 0; // since the run began
  std::uint64_t wall_ns = 0;
  std::uint64_t user_ns = 0;
  std::uint64_t sys_ns = 0;
  std::uint64_t voluntary_switches = 0;
  std::uint64_t involuntary_switches = 0;
  std::uint64_t minor_faults = 0;
  std::uint64_t major_faults = 0;
  std::uint64_t max_rss_bytes = 0;
  Noise noise; // on this machine while it ran
  std::vector<Sample> samples;
  std::vector<Histogram> histograms;
  std::optional<Done> done;
  std::optional<Unsupported> unsupported;
  std::optional<std::uint64_t> unaccounted_ns; // that its records took to come and no sample tells of
  std::uint64_t unknown_keys = 0;              // that its subject wrote, and the contract does not know
  std::optional<Measurement> measurement;      // of a benchmark, in the place of samples, histograms and done
  std::uint64_t stdout_bytes = 0;
  std::uint64_t stderr_bytes = 0;
  std::string log; // path below the run's folder; empty: none kept
};

[[nodiscard]] Json to_json(const Trial& trial);

/// Checks every key of the contract. Throws FieldError.
[[nodiscard]] Trial read_trial(const Json& object);

} // namespace flowbench
