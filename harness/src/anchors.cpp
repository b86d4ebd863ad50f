#include "anchors.hpp"

#include "failure.hpp"
#include "fields.hpp"
#include "files.hpp"
#include "measurement.hpp"

namespace flowbench {
namespace {

constexpr std::size_t largest_file = 1U << 20U;

// `figure` has the keys of the figure and `ours` those of the benchmark: two objects in a file, one in run.json.
Anchor read_anchor(const Fields& figure, const Fields& ours) {
  Anchor anchor{.benchmark = ours.line("benchmark"),
                .measure = ours.line("measure"),
                .component = ours.line("component"),
                .operations = ours.count("operations", 1),
                .figure = figure.any("figure").is_number() ? json_line(figure.any("figure")) : figure.line("figure"),
                .unit = figure.line("unit"),
                .seed = figure.line("seed"),
                .original = figure.optional_line("original").value_or("")};
  if (parse_decimal(anchor.figure).value_or(0) <= 0) throw FieldError("'figure' is not a decimal number above 0");
  if (anchor.unit != "ns" && anchor.unit != "per_s") throw FieldError("'unit' is neither ns nor per_s");
  return anchor;
}

// Runs `read` for each object of a list and says which one a FieldError is about.
template <typename Read>
void each(const Json& list, const std::string& what, Read read) {
  if (!list.is_array()) throw FieldError(what + "s are not a list");
  for (std::size_t i = 0; i < list.size(); ++i) {
    try {
      read(Fields(list[i]));
    } catch (const FieldError& error) {
      throw FieldError(what + " " + std::to_string(i + 1) + ": " + error.what());
    }
  }
}

} // namespace

std::vector<Anchor> read_anchors(const Json& list) {
  std::vector<Anchor> anchors;
  each(list, "anchor", [&](const Fields& fields) { anchors.push_back(read_anchor(fields, fields)); });
  return anchors;
}

Json to_json(const std::vector<Anchor>& anchors) {
  Json list = Json::array();
  for (const Anchor& anchor : anchors) {
    Json json{{"benchmark", anchor.benchmark},
              {"measure", anchor.measure},
              {"component", anchor.component},
              {"operations", anchor.operations},
              {"figure", anchor.figure},
              {"unit", anchor.unit},
              {"seed", anchor.seed}};
    if (!anchor.original.empty()) json["original"] = anchor.original;
    list.push_back(std::move(json));
  }
  return list;
}

std::vector<Anchor> load_anchors(const fs::path& file) {
  std::error_code error;
  if (!fs::exists(file, error)) return {};
  const FileText content = read_regular_file(file, largest_file);
  if (!content.error.empty()) throw UsageFailure("cannot read " + file.string() + ": " + content.error);
  const ParsedJson parsed = parse_strict(content.text, Fractions::allowed);
  if (!parsed.error.empty()) throw UsageFailure(file.string() + ": " + parsed.error);
  try {
    std::vector<Anchor> anchors;
    const Fields document(parsed.value);
    document.expect_version();
    each(document.array("anchors"), "anchor", [&](const Fields& figure) {
      each(figure.array("ours"), "benchmark",
           [&](const Fields& ours) { anchors.push_back(read_anchor(figure, ours)); });
    });
    return anchors;
  } catch (const FieldError& wrong) {
    throw UsageFailure(file.string() + ": " + wrong.what());
  }
}

} // namespace flowbench
