// The records that a subject writes, as types; docs/contract.md says what each field means.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "strict_json.hpp"

namespace flowbench {

class Fields;

struct Build {
  std::string compiler, flags;
};

struct Hello {
  std::string subject, version, workload;
  std::uint64_t tasks = 0;
  std::uint64_t workers = 0;
  Build build;
};

struct Sample {
  std::uint64_t i = 0;
  std::uint64_t wall_ns = 0;
  std::uint64_t cpu_ns = 0;
  std::uint64_t rss_before_bytes = 0;
  std::uint64_t peak_rss_bytes = 0;
  std::optional<std::uint64_t> max_in_flight;
  std::optional<std::uint64_t> early_wakes;
};

struct Histogram {
  std::string of;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> buckets; // [upper bound, count], bounds rise
};

struct Done {
  std::uint64_t completed = 0;
  std::uint64_t answer = 0;
  std::optional<std::uint64_t> throttled;
  std::optional<std::string> throttle_reason;
};

struct Unsupported {
  std::string reason;
  std::optional<std::string> limit;
  std::optional<std::uint64_t> largest;
};

struct Description {
  std::string subject, version;
  Build build;
  std::vector<std::string> workloads;
  std::map<std::string, std::string> unsupported; // workload id to reason
  std::map<std::string, std::string> unlike;      // workload id to how its work differs from what is asked
  std::vector<std::string> options;               // optional options of a call that it takes, without their dashes
};

using Record = std::variant<Hello, Sample, Histogram, Done, Unsupported, Description>;

/// One object of the contract. Throws FieldError.
[[nodiscard]] Record read_record(const Json& object);

/// How many keys of an object that read_record() accepts the contract does not know; those of `build` among them.
[[nodiscard]] std::uint64_t count_unknown_keys(const Json& object);

/// The fields of a sample or a histogram, wherever they stand. Throw FieldError.
[[nodiscard]] Sample read_sample(const Json& object);
[[nodiscard]] Histogram read_histogram(const Json& object);

/// The object `build` of a record, wherever it stands. Throws FieldError.
[[nodiscard]] Build read_build(const Fields& fields);

[[nodiscard]] Json to_json(const Build& build);
[[nodiscard]] Json to_json(const Sample& sample);
[[nodiscard]] Json to_json(const Histogram& histogram);

} // namespace flowbench
