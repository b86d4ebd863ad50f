#include "traced_case.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <fstream>

#include "failure.hpp"
#include "files.hpp"
#include "numbers.hpp"
#include "suggest.hpp"
#include "text.hpp"

namespace flowbench {
namespace {

// "a/b/10k" as "a/b/10000"; any other text stays.
std::string with_plain_number(const std::string& named) {
  const std::size_t slash = named.rfind('/');
  if (slash == std::string::npos) return named;
  const std::optional<std::uint64_t> tasks = parse_count(std::string_view(named).substr(slash + 1));
  return tasks ? named.substr(0, slash + 1) + std::to_string(*tasks) : named;
}

const Subject& subject_of(const Arm& arm, const Case& one) {
  const auto place = std::find_if(arm.subjects.begin(), arm.subjects.end(),
                                  [&](const Subject& subject) { return subject.row.id == one.subject; });
  if (place == arm.subjects.end()) throw std::logic_error("a case of the plan without its subject: " + one.subject);
  return *place;
}

std::string why_no_trace(const Subject& subject) {
  if (subject.row.google_benchmark) return "a Google Benchmark binary writes no trace";
  if (!subject.takes_option(trace_option))
    return "the subject does not announce 'trace' in 'options' of its --describe";
  return {};
}

// No time of a traced run counts.
bool is_good(Status status) { return status == Status::ok || is_retried(status); }

// Goes through the document without keeping it: a trace may have hundreds of megabytes.
class TraceReader : public Json::json_sax_t {
 public:
  [[nodiscard]] bool has_events() const { return has_events_; }
  [[nodiscard]] const std::string& error() const { return error_; }

  bool null() override { return value(); }
  bool boolean(bool) override { return value(); }
  bool number_integer(Json::number_integer_t) override { return value(); }
  bool number_unsigned(Json::number_unsigned_t) override { return value(); }
  bool number_float(Json::number_float_t, const Json::string_t&) override { return value(); }
  bool string(Json::string_t&) override { return value(); }
  bool binary(Json::binary_t&) override { return value(); }
  bool start_object(std::size_t) override {
    value();
    if (depth_++ == 0) in_object_ = true;
    return true;
  }
  bool key(Json::string_t& name) override {
    is_events_ = depth_ == 1 && in_object_ && name == "traceEvents";
    return true;
  }
  bool end_object() override {
    --depth_;
    return true;
  }
  bool start_array(std::size_t) override {
    if (is_events_) has_events_ = true;
    value();
    ++depth_;
    return true;
  }
  bool end_array() override {
    --depth_;
    return true;
  }
  bool parse_error(std::size_t at, const std::string&, const nlohmann::detail::exception&) override {
    error_ = "it is not JSON from byte " + std::to_string(at) + " on";
    return false;
  }

 private:
  bool value() {
    is_events_ = false;
    return true;
  }

  std::size_t depth_ = 0;
  bool in_object_ = false;
  bool is_events_ = false; // the next value is that of the key
  bool has_events_ = false;
  std::string error_;
};

} // namespace

std::string TracedCase::text() const {
  const std::string head = "Trace of " + path + ": ";
  return is_good(status) ? head + file.string() : head + std::string(name(status)) + ": " + reason;
}

const Case& find_traced_case(const Plan& plan, const std::string& named) {
  const std::string wanted = with_plain_number(named);
  const Case* nearest = nullptr;
  std::size_t least = 0;
  for (const Case& one : plan.cases) {
    if (one.path() == wanted) return one;
    const std::size_t distance = edit_distance(one.path(), wanted);
    if (nearest == nullptr || distance < least) {
      nearest = &one;
      least = distance;
    }
  }
  throw UsageFailure("--trace: this run has no case '" + one_line(named, 64) + "'; did you mean " + nearest->path() +
                     "? A case is subject/workload/tasks, and --dry-run lists those of a run");
}

std::string trace_file_name(const std::string& path) {
  std::string name = "trace-" + path;
  for (char& c : name) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_';
    if (!plain) c = '-';
  }
  return name + ".json";
}

std::string find_trace_fault(const std::filesystem::path& file) {
  struct stat status{};
  if (lstat(file.c_str(), &status) != 0) return "it wrote no file";
  if (!S_ISREG(status.st_mode)) return "what it wrote is not a regular file";
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return "its file cannot be read";
  TraceReader reader;
  if (!Json::sax_parse(stream, &reader)) return reader.error();
  return reader.has_events() ? "" : "its file has no list 'traceEvents'";
}

TracedCase trace_case(Executor& executor, const Arm& arm, const Case& one, const Conditions& conditions,
                      const std::filesystem::path& folder) {
  TracedCase traced{.path = one.path(), .status = Status::ok, .reason = {}, .file = {}};
  const Subject& subject = subject_of(arm, one);
  if (one.settled) {
    traced.status = *one.settled;
    traced.reason = one.why;
    return traced;
  }
  if (std::string why = why_no_trace(subject); !why.empty()) {
    traced.status = Status::unsupported;
    traced.reason = std::move(why);
    return traced;
  }
  // In a file of another name until it is known to be good. Absolute: a subject starts in a working folder of its own.
  const fs::path file = fs::absolute(folder / trace_file_name(traced.path)).lexically_normal();
  const fs::path unproven = file.string() + ".new";
  std::error_code ignored;
  fs::remove(unproven, ignored);
  const Measured measured =
      measure(executor, subject, one, arm.catalog.workload(one.workload)->rules,
              arm.answers.at({one.workload, one.tasks}), conditions, {"--trace", unproven.string()});
  traced.status = measured.trial.status;
  traced.reason = measured.trial.reason;
  if (is_good(traced.status)) {
    traced.reason = find_trace_fault(unproven);
    traced.status = traced.reason.empty() ? Status::ok : Status::protocol_error;
  }
  if (traced.status != Status::ok) {
    fs::remove(unproven, ignored);
    return traced;
  }
  std::error_code error;
  fs::rename(unproven, file, error);
  if (error) throw WriteFailure("cannot write " + file.string() + ": " + error.message());
  traced.file = file;
  return traced;
}

} // namespace flowbench
