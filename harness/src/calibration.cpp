#include "calibration.hpp"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <numeric>

#include "failure.hpp"
#include "fields.hpp"
#include "files.hpp"
#include "mix.hpp"

namespace flowbench {
namespace {

constexpr std::uint64_t rounds = 5'000'000;
constexpr std::uint64_t most_drift_percent = 3;

// Puts the calling thread on one CPU, and back where it was.
class OnCpu {
 public:
  explicit OnCpu(int cpu) : known_(sched_getaffinity(0, sizeof before_, &before_) == 0) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<std::size_t>(cpu), &one);
    if (known_) sched_setaffinity(0, sizeof one, &one);
  }
  OnCpu(const OnCpu&) = delete;
  OnCpu& operator=(const OnCpu&) = delete;
  ~OnCpu() {
    if (known_) sched_setaffinity(0, sizeof before_, &before_);
  }

 private:
  cpu_set_t before_{};
  bool known_;
};

// Each step needs the one before it, so no compiler and no CPU can do two at once.
std::uint64_t fixed_work(std::uint64_t x) {
  for (std::uint64_t i = 0; i < rounds; ++i) x = mix(x);
  return x;
}

// Appends a line; what a crash left of the one before is cut off.
void append_line(const fs::path& file, const std::string& line) {
  const FileDescriptor fd(open(file.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644));
  const FileText before = fd.is_open() ? read_regular_file(file, 1U << 20U) : FileText{{}, error_text(errno)};
  int error = 0;
  if (before.error.empty()) {
    const std::size_t newline = before.text.rfind('\n');
    const auto whole = static_cast<off_t>(newline == std::string::npos ? 0 : newline + 1);
    if (ftruncate(fd.get(), whole) != 0 || lseek(fd.get(), whole, SEEK_SET) < 0) error = errno;
    if (error == 0) error = write_all(fd.get(), line + "\n");
    if (error == 0 && fdatasync(fd.get()) != 0) error = errno;
    if (error == 0) return;
  }
  throw WriteFailure("cannot write " + file.string() + ": " + (error != 0 ? error_text(error) : before.error));
}

std::string percent(std::uint64_t part, std::uint64_t whole) {
  const std::uint64_t tenths = part * 1000 / whole;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " %";
}

} // namespace

std::uint64_t Calibration::best_ns() const { return *std::min_element(times_ns.begin(), times_ns.end()); }

std::uint64_t Calibration::median_ns() const {
  std::vector<std::uint64_t> sorted = times_ns;
  std::sort(sorted.begin(), sorted.end());
  return sorted[sorted.size() / 2];
}

Json to_json(const Calibration& calibration) {
  return {{"v", 1},
          {"at", calibration.at},
          {"started", calibration.started_ns},
          {"best_ns", calibration.best_ns()},
          {"median_ns", calibration.median_ns()},
          {"times_ns", calibration.times_ns}};
}

Calibration read_calibration(const Json& object) {
  const Fields fields(object);
  fields.expect_version();
  Calibration calibration{.at = fields.text("at"), .started_ns = fields.count("started"), .times_ns = {}};
  if (calibration.at != "start" && calibration.at != "middle" && calibration.at != "end") {
    throw FieldError("'at' is neither start, middle nor end");
  }
  for (const Json& time : fields.array("times_ns")) {
    if (!time.is_number_unsigned() || time == 0) throw FieldError("'times_ns' has something that is no time above 0");
    calibration.times_ns.push_back(time.get<std::uint64_t>());
  }
  if (calibration.times_ns.empty()) throw FieldError("'times_ns' is empty");
  if (fields.count("best_ns") != calibration.best_ns()) throw FieldError("'best_ns' is not the least of 'times_ns'");
  if (fields.count("median_ns") != calibration.median_ns()) throw FieldError("'median_ns' is not that of 'times_ns'");
  return calibration;
}

std::vector<std::uint64_t> time_fixed_work(const std::vector<int>& cpus, std::uint32_t repetitions) {
  const OnCpu pinned(cpus.front());
  std::vector<std::uint64_t> times;
  volatile std::uint64_t seed = 1; // neither known beforehand nor unused
  for (std::uint32_t i = 0; i < repetitions; ++i) {
    const auto before = std::chrono::steady_clock::now();
    seed = fixed_work(seed);
    const auto spent = std::chrono::steady_clock::now() - before;
    const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(spent).count();
    times.push_back(static_cast<std::uint64_t>(std::max<std::int64_t>(1, ns)));
  }
  return times;
}

std::optional<std::string> find_drift(const std::vector<Calibration>& calibrations) {
  if (calibrations.empty()) return std::nullopt;
  const auto faster = [](const Calibration& a, const Calibration& b) { return a.best_ns() < b.best_ns(); };
  const auto [fastest, slowest] = std::minmax_element(calibrations.begin(), calibrations.end(), faster);
  const std::uint64_t difference = slowest->best_ns() - fastest->best_ns();
  if (difference * 100 <= fastest->best_ns() * most_drift_percent) return std::nullopt;
  return "the speed of this machine drifted: fixed work took " + percent(difference, fastest->best_ns()) +
         " longer at the " + slowest->at + " than at the " + fastest->at +
         "; look for other load, heat or a frequency governor (flowbench doctor)";
}

CalibrationLog::CalibrationLog(std::vector<fs::path> folders, std::vector<int> cpus, std::uint32_t repetitions)
    : folders_(std::move(folders)), cpus_(std::move(cpus)), repetitions_(repetitions) {}

void CalibrationLog::before_trial(std::uint64_t number, std::uint64_t planned, std::uint64_t started_ns) {
  if (all_.empty()) {
    measure("start", started_ns);
  } else if (all_.size() == 1 && number >= planned / 2) {
    measure("middle", started_ns);
  }
  ++trials_;
}

// After a run that had nothing to do the end is the start.
void CalibrationLog::at_end(std::uint64_t started_ns) {
  if (trials_ > 0) measure("end", started_ns);
}

void CalibrationLog::measure(const char* at, std::uint64_t started_ns) {
  if (repetitions_ == 0) return;
  Calibration calibration{.at = at, .started_ns = started_ns, .times_ns = time_fixed_work(cpus_, repetitions_)};
  for (const fs::path& folder : folders_) {
    append_line(folder / calibration_file_name, json_line(to_json(calibration)));
  }
  all_.push_back(std::move(calibration));
  trials_ = 0;
}

} // namespace flowbench
