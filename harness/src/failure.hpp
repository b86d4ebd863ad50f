// A failure that ends the command: one line for the user, and the exit code that goes with it.
#pragma once

#include <stdexcept>
#include <string>

namespace flowbench {

inline constexpr int exit_good = 0;
inline constexpr int exit_bad_result = 1;  // a case failed, or results could not be written
inline constexpr int exit_usage = 2;       // the command line, the catalog or a results file is wrong
inline constexpr int exit_environment = 3; // this machine cannot be measured on
inline constexpr int exit_busy = 75;       // another flowbench measures: try again later (EX_TEMPFAIL of sysexits.h)
inline constexpr int exit_signal_base = 128;

class Failure : public std::runtime_error {
 public:
  Failure(int exit_code, const std::string& message) : std::runtime_error(message), exit_code_(exit_code) {}
  [[nodiscard]] int exit_code() const noexcept { return exit_code_; }

 private:
  int exit_code_;
};

struct UsageFailure : Failure {
  explicit UsageFailure(const std::string& message) : Failure(exit_usage, message) {}
};

struct EnvironmentFailure : Failure {
  explicit EnvironmentFailure(const std::string& message) : Failure(exit_environment, message) {}
};

struct BusyFailure : Failure {
  explicit BusyFailure(const std::string& message) : Failure(exit_busy, message) {}
};

/// Results could not be written: the disk is full, read-only or gone.
struct WriteFailure : Failure {
  explicit WriteFailure(const std::string& message) : Failure(exit_bad_result, message) {}
};

} // namespace flowbench
