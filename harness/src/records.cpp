#include "records.hpp"

#include <map>
#include <set>
#include <string_view>

#include "fields.hpp"
#include "text.hpp"

namespace flowbench {
namespace {

Hello read_hello(const Fields& fields) {
  return {.subject = fields.id("subject"),
          .version = fields.text("version"),
          .workload = fields.id("workload"),
          .tasks = fields.count("tasks", 1, most_tasks),
          .workers = fields.count("workers", 1, any_u32),
          .build = read_build(fields)};
}

Done read_done(const Fields& fields) {
  return {.completed = fields.count("completed"),
          .answer = fields.decimal("answer"),
          .throttled = fields.optional_count("throttled"),
          .throttle_reason = fields.optional_line("throttle_reason")};
}

Unsupported read_unsupported(const Fields& fields) {
  return {.reason = fields.line("reason"),
          .limit = fields.optional_line("limit"),
          .largest = fields.optional_count("largest")};
}

// Ids without repetition.
std::vector<std::string> read_ids(const Fields& fields, const char* key) {
  std::vector<std::string> ids;
  std::set<std::string> seen;
  for (const Json& id : fields.array(key)) {
    if (!id.is_string() || !is_id(id.get_ref<const std::string&>())) {
      throw FieldError("'" + std::string(key) + "' is not a list of ids");
    }
    if (!seen.insert(id.get<std::string>()).second) throw FieldError("'" + std::string(key) + "' names one id twice");
    ids.push_back(id.get<std::string>());
  }
  return ids;
}

Description read_description(const Fields& fields) {
  Description description{.subject = fields.id("subject"),
                          .version = fields.text("version"),
                          .build = read_build(fields),
                          .workloads = read_ids(fields, "workloads"),
                          .unsupported = fields.reasons("unsupported"),
                          .unlike = fields.optional_reasons("unlike"),
                          .options = {}};
  if (fields.has("options")) description.options = read_ids(fields, "options");
  const std::set<std::string> supported(description.workloads.begin(), description.workloads.end());
  for (const auto& [id, why] : description.unlike) {
    if (!supported.contains(id) || description.unsupported.contains(id)) {
      throw FieldError("'unlike' names '" + id + "', which the subject does not support");
    }
  }
  return description;
}

using Keys = std::set<std::string_view>;

// What each kind may have, as in contract/schemas/record.schema.json.
const std::map<std::string_view, Keys>& keys_of_kinds() {
  static const std::map<std::string_view, Keys> keys{
      {"hello", {"v", "kind", "subject", "version", "workload", "tasks", "workers", "build"}},
      {"sample",
       {"v", "kind", "i", "wall_ns", "cpu_ns", "rss_before_bytes", "peak_rss_bytes", "max_in_flight", "early_wakes"}},
      {"histogram", {"v", "kind", "of", "buckets"}},
      {"done", {"v", "kind", "completed", "answer", "throttled", "throttle_reason"}},
      {"unsupported", {"v", "kind", "reason", "limit", "largest"}},
      {"describe", {"v", "kind", "subject", "version", "build", "workloads", "unsupported", "unlike", "options"}}};
  return keys;
}

std::uint64_t count_others(const Json& object, const Keys& known) {
  std::uint64_t others = 0;
  for (const auto& entry : object.items()) others += known.contains(entry.key()) ? 0 : 1;
  return others;
}

} // namespace

std::uint64_t count_unknown_keys(const Json& object) {
  const Keys& known = keys_of_kinds().at(Fields(object).text("kind"));
  const std::uint64_t own = count_others(object, known);
  return known.contains("build") ? own + count_others(object.at("build"), {"compiler", "flags"}) : own;
}

Build read_build(const Fields& fields) {
  const Fields build = fields.object("build");
  return {build.text("compiler"), build.text("flags")};
}

Sample read_sample(const Json& object) {
  const Fields fields(object);
  return {.i = fields.count("i", 0, any_u32),
          .wall_ns = fields.count("wall_ns"),
          .cpu_ns = fields.count("cpu_ns"),
          .rss_before_bytes = fields.count("rss_before_bytes"),
          .peak_rss_bytes = fields.count("peak_rss_bytes"),
          .max_in_flight = fields.optional_count("max_in_flight"),
          .early_wakes = fields.optional_count("early_wakes")};
}

Histogram read_histogram(const Json& object) {
  const Fields fields(object);
  Histogram histogram{fields.line("of"), {}};
  for (const Json& bucket : fields.array("buckets")) {
    if (!bucket.is_array() || bucket.size() != 2 || !bucket[0].is_number_unsigned() ||
        !bucket[1].is_number_unsigned()) {
      throw FieldError("'buckets' is not a list of [upper bound, count]");
    }
    const auto bound = bucket[0].get<std::uint64_t>();
    const auto count = bucket[1].get<std::uint64_t>();
    if (count == 0) throw FieldError("'buckets' has a bucket with count 0");
    if (!histogram.buckets.empty() && bound <= histogram.buckets.back().first) {
      throw FieldError("'buckets' has bounds that do not rise");
    }
    histogram.buckets.emplace_back(bound, count);
  }
  return histogram;
}

Record read_record(const Json& object) {
  const Fields fields(object);
  fields.expect_version();
  const std::string kind = fields.text("kind");
  if (kind == "hello") return read_hello(fields);
  if (kind == "sample") return read_sample(object);
  if (kind == "histogram") return read_histogram(object);
  if (kind == "done") return read_done(fields);
  if (kind == "unsupported") return read_unsupported(fields);
  if (kind == "describe") return read_description(fields);
  throw FieldError("'kind' is '" + one_line(kind, 40) + "', which the contract does not know");
}

Json to_json(const Build& build) { return {{"compiler", build.compiler}, {"flags", build.flags}}; }

Json to_json(const Sample& sample) {
  Json json{{"i", sample.i},
            {"wall_ns", sample.wall_ns},
            {"cpu_ns", sample.cpu_ns},
            {"rss_before_bytes", sample.rss_before_bytes},
            {"peak_rss_bytes", sample.peak_rss_bytes}};
  if (sample.max_in_flight) json["max_in_flight"] = *sample.max_in_flight;
  if (sample.early_wakes) json["early_wakes"] = *sample.early_wakes;
  return json;
}

Json to_json(const Histogram& histogram) {
  Json buckets = Json::array();
  for (const auto& [bound, count] : histogram.buckets) buckets.push_back(Json::array({bound, count}));
  return {{"of", histogram.of}, {"buckets", std::move(buckets)}};
}

} // namespace flowbench
