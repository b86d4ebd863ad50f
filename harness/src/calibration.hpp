// How fast this machine is at the moment: a fixed piece of arithmetic, timed at the start, in the middle and at the end of a
// run. What it costs then differs by what the machine did, not by what any subject did.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "strict_json.hpp"

namespace flowbench {

inline constexpr const char* calibration_file_name = "calibration.jsonl";

struct Calibration {
  std::string at;               // "start", "middle" or "end"
  std::uint64_t started_ns = 0; // since the run began
  std::vector<std::uint64_t> times_ns;

  [[nodiscard]] std::uint64_t best_ns() const;
  [[nodiscard]] std::uint64_t median_ns() const; // the later of the middle two
};

[[nodiscard]] Json to_json(const Calibration& calibration);

/// Throws FieldError.
[[nodiscard]] Calibration read_calibration(const Json& object);

/// Times the loop, one thread on the first of `cpus`; about 20 ms each on a CPU of 3 GHz.
[[nodiscard]] std::vector<std::uint64_t> time_fixed_work(const std::vector<int>& cpus, std::uint32_t repetitions);

/// What the user should know when the best times differ by more than 3 %; nothing otherwise.
[[nodiscard]] std::optional<std::string> find_drift(const std::vector<Calibration>& calibrations);

/// The calibrations of one session: knows when one is due, and keeps each in `calibration.jsonl` of every run's folder.
class CalibrationLog {
 public:
  /// `repetitions` of 0: does nothing. The folders exist: two when two arms are measured at the same time.
  CalibrationLog(std::vector<std::filesystem::path> folders, std::vector<int> cpus, std::uint32_t repetitions);

  /// To be called before each trial. Throws WriteFailure.
  void before_trial(std::uint64_t number, std::uint64_t planned, std::uint64_t started_ns);
  void at_end(std::uint64_t started_ns);

  [[nodiscard]] const std::vector<Calibration>& all() const { return all_; }

 private:
  void measure(const char* at, std::uint64_t started_ns);

  std::vector<std::filesystem::path> folders_;
  std::vector<int> cpus_;
  std::uint32_t repetitions_;
  std::vector<Calibration> all_;
  std::uint64_t trials_ = 0; // since the last one
};

} // namespace flowbench
