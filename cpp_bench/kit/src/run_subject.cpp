#include "flowbench_kit/run_subject.hpp"

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <variant>

#include "flowbench_kit/build_info.hpp"
#include "flowbench_kit/options.hpp"
#include "flowbench_kit/phases.hpp"
#include "flowbench_kit/records.hpp"
#include "flowbench_kit/usage_error.hpp"

namespace flowbench {
namespace {

[[noreturn]] void fail_unknown(const Subject& subject, const std::string& id) {
  std::vector<std::string> known;
  for (const Workload& workload : subject.workloads) {
    known.push_back(workload.id);
  }
  for (const Refusal& refusal : subject.refusals) {
    known.push_back(refusal.id);
  }
  std::ranges::sort(known);
  const auto repeated = std::ranges::unique(known);
  known.erase(repeated.begin(), repeated.end());
  std::string message = "unknown workload '" + id + "'; the workloads are";
  for (const std::string& name : known) {
    message += ' ' + name;
  }
  throw UsageError(message);
}

void write_histogram(std::string_view of, const std::vector<TimeHistogram::Bucket>& buckets, const RecordSink& sink) {
  if (!buckets.empty()) sink.write(histogram_record(of, buckets));
}

void write_measured(const Measured& measured, const Phase& phase, const RecordSink& sink) {
  for (std::size_t i = 0; i < measured.samples.size(); ++i) {
    sink.write(sample_record(i, measured.samples[i]));
  }
  if (!measured.samples.empty()) {
    write_histogram("lateness_ns", phase.lateness.buckets(), sink);
    for (const Priority priority : {Priority::high, Priority::normal, Priority::low}) {
      write_histogram(queueing_name(priority), phase.queueing[priority].buckets(), sink);
    }
  }
  sink.write(done_record(measured.result));
}

void write_trace(const Tracing& tracing, Runtime& runtime, const std::string& file) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  tracing.write(runtime, out);
  if (!out.flush()) {
    throw std::runtime_error("cannot write the trace to " + file);
  }
}

void run_workload(const Subject& subject, const Workload& workload, const Options& options, const RecordSink& sink) {
  const bool traced = !options.trace.empty();
  const std::shared_ptr<Runtime> runtime =
      traced ? subject.tracing->start(options.workers) : subject.start(options.workers);
  Lateness lateness;
  QueueingDelays queueing;
  const Phase phase{.tasks = options.tasks,
                    .seed = options.seed,
                    .workers = options.workers,
                    .lateness = lateness,
                    .queueing = queueing};
  const auto outcome = run_phases(workload.run, *runtime, phase, options.phases);
  if (traced) {
    write_trace(*subject.tracing, *runtime, options.trace);
  }
  if (const auto* unsupported = std::get_if<Unsupported>(&outcome)) {
    sink.write(unsupported_record(*unsupported));
  } else {
    write_measured(std::get<Measured>(outcome), phase, sink);
  }
}

} // namespace

void run_subject(const Subject& subject, std::span<const std::string_view> arguments, const RecordSink& sink) {
  const Options options = parse_options(arguments);
  if (options.describe) {
    sink.write(describe_record(subject, build_info(subject.library_flags)));
    return;
  }
  const auto workload = std::ranges::find(subject.workloads, options.workload, &Workload::id);
  const auto refusal = std::ranges::find(subject.refusals, options.workload, &Refusal::id);
  const bool has_function = workload != subject.workloads.end();
  const bool is_refused = refusal != subject.refusals.end();
  if (!has_function && !is_refused) {
    fail_unknown(subject, options.workload);
  }
  if (!options.trace.empty() && !subject.tracing) {
    throw UsageError("this subject writes no trace; leave --trace out");
  }
  sink.write(hello_record(subject, options, build_info(subject.library_flags)));
  const bool only_answer = options.phases == 0;
  if (is_refused && !(has_function && only_answer)) {
    sink.write(unsupported_record({.reason = refusal->reason}));
    return;
  }
  run_workload(subject, *workload, options, sink);
}

} // namespace flowbench
