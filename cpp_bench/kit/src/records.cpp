#include "flowbench_kit/records.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "flowbench_kit/json_object.hpp"

namespace flowbench {
namespace {

JsonObject begin_record(std::string_view kind) {
  JsonObject record;
  record.number("v", 1).text("kind", kind);
  return record;
}

std::string build_object(const BuildInfo& build) {
  JsonObject object;
  return object.text("compiler", build.compiler).text("flags", build.flags).str();
}

bool refuses(const Subject& subject, const std::string& workload) {
  return std::ranges::find(subject.refusals, workload, &Refusal::id) != subject.refusals.end();
}

// A reason is one line; an error text of the system that came into it might not be.
std::string one_line(std::string text) {
  std::ranges::replace_if(text, [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return text;
}

} // namespace

std::string hello_record(const Subject& subject, const Options& options, const BuildInfo& build) {
  return begin_record("hello")
      .text("subject", subject.id)
      .text("version", subject.version)
      .text("workload", options.workload)
      .number("tasks", options.tasks)
      .number("workers", options.workers)
      .raw("build", build_object(build))
      .str();
}

std::string sample_record(std::size_t index, const Sample& sample) {
  JsonObject record = begin_record("sample");
  record.number("i", index)
      .number("wall_ns", sample.wall_ns)
      .number("cpu_ns", sample.cpu_ns)
      .number("rss_before_bytes", sample.rss_before_bytes)
      .number("peak_rss_bytes", sample.peak_rss_bytes);
  if (sample.max_in_flight) {
    record.number("max_in_flight", *sample.max_in_flight);
  }
  if (sample.early_wakes) {
    record.number("early_wakes", *sample.early_wakes);
  }
  return record.str();
}

std::string histogram_record(std::string_view of, std::span<const TimeHistogram::Bucket> buckets) {
  std::string list;
  for (const auto& [bound, count] : buckets) {
    list += list.empty() ? '[' : ',';
    list += '[' + std::to_string(bound) + ',' + std::to_string(count) + ']';
  }
  list += list.empty() ? "[]" : "]";
  return begin_record("histogram").text("of", of).raw("buckets", list).str();
}

std::string done_record(const Finished& result) {
  JsonObject record = begin_record("done");
  record.number("completed", result.completed).text("answer", std::to_string(result.answer));
  if (result.throttled > 0) {
    record.number("throttled", result.throttled).text("throttle_reason", one_line(result.throttle_reason));
  }
  return record.str();
}

std::string unsupported_record(const Unsupported& unsupported) {
  JsonObject record = begin_record("unsupported");
  record.text("reason", one_line(unsupported.reason));
  if (!unsupported.limit.empty()) {
    record.text("limit", one_line(unsupported.limit));
  }
  if (unsupported.largest) {
    record.number("largest", *unsupported.largest);
  }
  return record.str();
}

std::string describe_record(const Subject& subject, const BuildInfo& build) {
  std::string workloads;
  std::optional<JsonObject> unlike; // there when it has a member
  for (const Workload& workload : subject.workloads) {
    if (!refuses(subject, workload.id)) {
      if (!workloads.empty()) workloads += ',';
      workloads += json_string(workload.id);
      if (!workload.unlike.empty()) {
        if (!unlike) unlike.emplace();
        unlike->text(workload.id, one_line(workload.unlike));
      }
    } else if (!workload.unlike.empty()) {
      throw std::logic_error("workload '" + workload.id + "' is refused and said to be unlike");
    }
  }
  JsonObject unsupported;
  for (const Refusal& refusal : subject.refusals) {
    unsupported.text(refusal.id, one_line(refusal.reason));
  }
  JsonObject record = begin_record("describe");
  record.text("subject", subject.id)
      .text("version", subject.version)
      .raw("build", build_object(build))
      .raw("workloads", '[' + workloads + ']')
      .raw("unsupported", unsupported.str());
  if (unlike) {
    record.raw("unlike", unlike->str());
  }
  if (subject.tracing) {
    record.raw("options", R"(["trace"])");
  }
  return record.str();
}

} // namespace flowbench
