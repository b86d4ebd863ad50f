#include "trial.hpp"

#include "fields.hpp"
#include "text.hpp"

namespace flowbench {
namespace {

template <typename T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

std::optional<std::uint64_t> count_or_null(const Fields& fields, const char* key, std::uint64_t least = 0,
                                           std::uint64_t most = any_u64) {
  if (fields.any(key).is_null()) return std::nullopt;
  return fields.count(key, least, most);
}

std::optional<int> small_or_null(const Fields& fields, const char* key, std::uint64_t least, std::uint64_t most) {
  const std::optional<std::uint64_t> number = count_or_null(fields, key, least, most);
  return number ? std::optional<int>(static_cast<int>(*number)) : std::nullopt;
}

// Keys that runs from before them lack, and trials of machines that do not tell.
void add_noise(const Noise& noise, Json& json) {
  const auto add = [&](const char* key, const std::optional<std::uint64_t>& value) {
    if (value) json[key] = *value;
  };
  add("cpu_throttled_ns", noise.throttled_ns);
  add("others_cpu_ns", noise.others_cpu_ns);
  if (noise.swap) {
    json["swap_in_bytes"] = noise.swap->in_bytes;
    json["swap_out_bytes"] = noise.swap->out_bytes;
  }
  add("clock_error_ns", noise.clock_error_ns);
}

Noise read_noise(const Fields& fields) {
  Noise noise{.steal_ns = fields.count("steal_ns"),
              .pressure = {.cpu_ns = count_or_null(fields, "cpu_pressure_ns"),
                           .memory_ns = count_or_null(fields, "memory_pressure_ns"),
                           .io_ns = count_or_null(fields, "io_pressure_ns")},
              .throttled_ns = fields.optional_count("cpu_throttled_ns"),
              .others_cpu_ns = fields.optional_count("others_cpu_ns"),
              .swap = {},
              .clock_error_ns = fields.optional_count("clock_error_ns")};
  if (fields.has("swap_in_bytes") != fields.has("swap_out_bytes")) {
    throw FieldError("only one of 'swap_in_bytes' and 'swap_out_bytes' is there");
  }
  if (fields.has("swap_in_bytes")) {
    noise.swap = SwapTraffic{.in_bytes = fields.count("swap_in_bytes"), .out_bytes = fields.count("swap_out_bytes")};
  }
  return noise;
}

// `completed` and `answer` are both there or both null.
std::optional<Done> read_done(const Fields& fields) {
  const bool no_completed = fields.any("completed").is_null();
  const bool no_answer = fields.any("answer").is_null();
  if (no_completed != no_answer) throw FieldError("only one of 'completed' and 'answer' is null");
  if (no_completed) return std::nullopt;
  return Done{.completed = fields.count("completed"),
              .answer = fields.decimal("answer"),
              .throttled = fields.optional_count("throttled"),
              .throttle_reason = fields.optional_line("throttle_reason")};
}

Status read_status(const Fields& fields) {
  const std::string text = fields.text("status");
  const std::optional<Status> status = status_from(text);
  if (!status) throw FieldError("'status' is '" + one_line(text, 40) + "', which the contract does not know");
  return *status;
}

void check_ok(const Trial& trial) {
  if (trial.status != Status::ok) {
    if (trial.reason.empty()) throw FieldError("'reason' is empty though the status is not ok");
    return;
  }
  if (!trial.reason.empty()) throw FieldError("'reason' is not empty though the status is ok");
  if (trial.exit_code != 0 || trial.signal) throw FieldError("'exit_code' is not 0 though the status is ok");
  if (!trial.benchmark.empty()) {
    if (!trial.measurement) throw FieldError("'measurement' is null though the status is ok");
    if (const std::string why = find_impossible_time(*trial.measurement); !why.empty()) {
      throw FieldError("'measurement': " + why + " though the status is ok");
    }
    return;
  }
  if (!trial.done) throw FieldError("'answer' is null though the status is ok");
  if (trial.samples.size() != trial.phases)
    throw FieldError("'samples' has not one entry for each phase though the status is ok");
}

constexpr const char* benchmark_kind = "benchmark";

// Whether the trial is one of a Google Benchmark case. A trial of a workload names no kind.
bool read_kind(const Fields& fields) {
  if (!fields.has("kind")) return false;
  if (fields.text("kind") != benchmark_kind) {
    throw FieldError("'kind' is '" + one_line(fields.text("kind"), 40) + "', which the contract does not know");
  }
  return true;
}

// What only a trial of a workload has: what its subject said.
Json work_json(const Trial& trial) {
  Json samples = Json::array();
  for (const Sample& sample : trial.samples) samples.push_back(to_json(sample));
  Json histograms = Json::array();
  for (const Histogram& histogram : trial.histograms) histograms.push_back(to_json(histogram));
  Json json{{"samples", std::move(samples)},
            {"histograms", std::move(histograms)},
            {"completed", trial.done ? Json(trial.done->completed) : Json(nullptr)},
            {"answer", trial.done ? Json(std::to_string(trial.done->answer)) : Json(nullptr)}};
  if (trial.done && trial.done->throttled) json["throttled"] = *trial.done->throttled;
  if (trial.done && trial.done->throttle_reason) json["throttle_reason"] = *trial.done->throttle_reason;
  if (trial.unaccounted_ns) json["unaccounted_ns"] = *trial.unaccounted_ns;
  if (trial.unknown_keys > 0) json["unknown_keys"] = trial.unknown_keys;
  if (trial.unsupported && trial.unsupported->limit) json["limit"] = *trial.unsupported->limit;
  if (trial.unsupported && trial.unsupported->largest) json["largest"] = *trial.unsupported->largest;
  return json;
}

void read_work(const Fields& fields, Trial& trial) {
  trial.workload = fields.id("workload");
  trial.tasks = fields.count("tasks", 1, most_tasks);
  trial.workers = fields.count("workers", 1, any_u32);
  trial.phases = fields.count("phases", 0, any_u32);
  for (const Json& sample : fields.array("samples")) trial.samples.push_back(read_sample(sample));
  for (const Json& histogram : fields.array("histograms")) trial.histograms.push_back(read_histogram(histogram));
  trial.done = read_done(fields);
  trial.unaccounted_ns = fields.optional_count("unaccounted_ns");
  trial.unknown_keys = fields.optional_count("unknown_keys").value_or(0);
  if (fields.has("limit") || fields.has("largest")) {
    trial.unsupported = Unsupported{trial.reason, fields.optional_line("limit"), fields.optional_count("largest")};
  }
}

} // namespace

Json to_json(const Trial& trial) {
  Json json{{"v", 1}};
  if (!trial.benchmark.empty()) json["kind"] = benchmark_kind;
  json.update({{"trial", trial.trial}, {"round", trial.round}, {"order", trial.order}, {"subject", trial.subject}});
  if (trial.benchmark.empty()) {
    json.update(
        {{"workload", trial.workload}, {"tasks", trial.tasks}, {"workers", trial.workers}, {"phases", trial.phases}});
  } else {
    json["benchmark"] = trial.benchmark;
  }
  json.update({{"warmup", trial.warmup},
               {"status", name(trial.status)},
               {"reason", trial.reason},
               {"exit_code", or_null(trial.exit_code)},
               {"signal", or_null(trial.signal)},
               {"started", trial.started_ns},
               {"wall_ns", trial.wall_ns},
               {"user_ns", trial.user_ns},
               {"sys_ns", trial.sys_ns},
               {"voluntary_switches", trial.voluntary_switches},
               {"involuntary_switches", trial.involuntary_switches},
               {"minor_faults", trial.minor_faults},
               {"major_faults", trial.major_faults},
               {"max_rss_bytes", trial.max_rss_bytes},
               {"steal_ns", trial.noise.steal_ns},
               {"cpu_pressure_ns", or_null(trial.noise.pressure.cpu_ns)},
               {"memory_pressure_ns", or_null(trial.noise.pressure.memory_ns)},
               {"io_pressure_ns", or_null(trial.noise.pressure.io_ns)}});
  add_noise(trial.noise, json);
  if (trial.benchmark.empty()) {
    json.update(work_json(trial));
  } else {
    json["measurement"] = trial.measurement ? to_json(*trial.measurement) : Json(nullptr);
  }
  json["stdout_bytes"] = trial.stdout_bytes;
  json["stderr_bytes"] = trial.stderr_bytes;
  if (!trial.log.empty()) json["log"] = trial.log;
  return json;
}

Trial read_trial(const Json& object) {
  const Fields fields(object);
  fields.expect_version();
  const bool is_benchmark = read_kind(fields);
  Trial trial{.trial = fields.count("trial"),
              .round = fields.count("round"),
              .order = fields.count("order"),
              .subject = fields.id("subject"),
              .workload = {},
              .benchmark = {},
              .warmup = fields.boolean("warmup"),
              .status = read_status(fields),
              .reason = fields.text("reason"),
              .exit_code = small_or_null(fields, "exit_code", 0, 255),
              .signal = small_or_null(fields, "signal", 1, 127),
              .started_ns = fields.count("started"),
              .wall_ns = fields.count("wall_ns"),
              .user_ns = fields.count("user_ns"),
              .sys_ns = fields.count("sys_ns"),
              .voluntary_switches = fields.count("voluntary_switches"),
              .involuntary_switches = fields.count("involuntary_switches"),
              .minor_faults = fields.count("minor_faults"),
              .major_faults = fields.count("major_faults"),
              .max_rss_bytes = fields.count("max_rss_bytes"),
              .noise = read_noise(fields),
              .samples = {},
              .histograms = {},
              .done = {},
              .unsupported = {},
              .unaccounted_ns = {},
              .unknown_keys = 0,
              .measurement = {},
              .stdout_bytes = fields.count("stdout_bytes"),
              .stderr_bytes = fields.count("stderr_bytes"),
              .log = fields.optional_line("log").value_or("")};
  if (is_benchmark) {
    trial.benchmark = fields.line("benchmark");
    if (!fields.any("measurement").is_null()) trial.measurement = read_measurement(fields.any("measurement"));
  } else {
    read_work(fields, trial);
  }
  check_ok(trial);
  return trial;
}

} // namespace flowbench
