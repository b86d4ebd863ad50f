#include "measurement.hpp"

#include "fields.hpp"
#include "text.hpp"

namespace flowbench {
namespace {

std::map<std::string, std::string> read_counters(const Fields& fields) {
  std::map<std::string, std::string> counters;
  for (const auto& [name, value] : fields.any("counters").items()) {
    if (!is_line(Json(name))) throw FieldError("'counters' has a name that is not one line");
    if (!value.is_string() || !parse_decimal(value.get_ref<const std::string&>())) {
      throw FieldError("counter '" + one_line(name, 40) + "' is not a decimal number in a string");
    }
    counters.emplace(name, value.get<std::string>());
  }
  return counters;
}

} // namespace

std::optional<double> parse_decimal(const std::string& text) {
  const ParsedJson parsed = parse_strict(text, Fractions::allowed);
  if (!parsed.error.empty() || !parsed.value.is_number() || trim(text) != text) return std::nullopt;
  return parsed.value.get<double>();
}

std::string find_impossible_time(const Measurement& measurement) {
  if (measurement.wall_ns == 0) return "no time passed in " + std::to_string(measurement.iterations) + " iterations";
  const auto operation = measurement.counters.find(operation_counter);
  if (operation == measurement.counters.end() || parse_decimal(operation->second).value_or(0) > 0) return {};
  return std::string("counter '") + operation_counter + "' is " + operation->second + " s, which is no time";
}

Json to_json(const Measurement& measurement) {
  Json json{{"iterations", measurement.iterations}, {"wall_ns", measurement.wall_ns},
            {"cpu_ns", measurement.cpu_ns},         {"threads", measurement.threads},
            {"counters", Json::object()},           {"library_build_type", measurement.library_build_type}};
  for (const auto& [name, value] : measurement.counters) json["counters"][name] = value;
  if (!measurement.label.empty()) json["label"] = measurement.label;
  return json;
}

Measurement read_measurement(const Json& object) {
  const Fields fields(object);
  if (!fields.any("counters").is_object()) throw FieldError("'counters' is not an object");
  return {.iterations = fields.count("iterations", 1),
          .wall_ns = fields.count("wall_ns"),
          .cpu_ns = fields.count("cpu_ns"),
          .threads = fields.count("threads", 1),
          .counters = read_counters(fields),
          .label = fields.optional_line("label").value_or(""),
          .library_build_type = fields.line("library_build_type")};
}

} // namespace flowbench
