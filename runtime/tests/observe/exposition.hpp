#pragma once
/// A strict reader of Prometheus' text format 0.0.4, written from its description; whatever it does not know is an error.
#include <charconv>
#include <cstddef>
#include <limits>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace flowcoro::test {

struct Sample {
  std::string name;
  std::map<std::string, std::string> labels;
  double value;
};

struct Family {
  std::string type;
  std::string help;
  std::vector<Sample> samples;
};

/// Throws std::runtime_error with the line that is wrong.
class Exposition {
 public:
  explicit Exposition(std::string_view text) {
    if (!text.empty() && !text.ends_with('\n')) fail("the last line has no end", text);
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      read_line(text.substr(0, end));
      text.remove_prefix(end + 1);
    }
    for (const auto& [name, family] : families_) check(name, family);
  }

  [[nodiscard]] const std::map<std::string, Family>& families() const noexcept { return families_; }
  [[nodiscard]] const Family& family(const std::string& name) const { return families_.at(name); }
  /// The value of the one sample with just these labels.
  [[nodiscard]] double value(const std::string& name, const std::map<std::string, std::string>& labels = {}) const {
    for (const auto& [family, content] : families_)
      for (const Sample& sample : content.samples)
        if (sample.name == name && sample.labels == labels) return sample.value;
    throw std::runtime_error{"there is no such sample of " + name};
  }
  /// Of all samples of the name.
  [[nodiscard]] double sum(const std::string& name) const {
    double all = 0;
    for (const Sample& sample : families_.at(name).samples) all += sample.value;
    return all;
  }

 private:
  [[noreturn]] static void fail(std::string_view why, std::string_view line) {
    throw std::runtime_error{std::string{why} + ": " + std::string{line}};
  }
  [[nodiscard]] static bool is_name(std::string_view name) {
    if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
    return name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
           std::string_view::npos;
  }

  void read_line(std::string_view line) {
    if (line.starts_with("# HELP "))
      begin_family(line);
    else if (line.starts_with("# TYPE "))
      set_type(line);
    else
      read_sample(line);
  }

  void begin_family(std::string_view line) {
    const std::string_view rest = line.substr(7);
    const std::size_t space = rest.find(' ');
    if (space == std::string_view::npos || space + 1 == rest.size()) fail("no help", line);
    current_ = rest.substr(0, space);
    if (!is_name(current_)) fail("no name", line);
    if (rest.find('\\') != std::string_view::npos) fail("an escape that nothing needs", line);
    if (!families_.try_emplace(current_, Family{"", std::string{rest.substr(space + 1)}, {}}).second)
      fail("the family has begun before", line);
  }

  void set_type(std::string_view line) {
    const std::string_view rest = line.substr(7);
    const std::size_t space = rest.find(' ');
    if (space == std::string_view::npos || rest.substr(0, space) != current_) fail("not the type of this family", line);
    Family& family = families_.at(current_);
    if (!family.type.empty()) fail("a second type", line);
    if (!family.samples.empty()) fail("a type behind samples", line);
    family.type = rest.substr(space + 1);
    if (family.type != "counter" && family.type != "gauge" && family.type != "histogram") fail("no type", line);
  }

  void read_sample(std::string_view line) {
    if (current_.empty()) fail("a sample of no family", line);
    Family& family = families_.at(current_);
    if (family.type.empty()) fail("a sample before the type", line);
    Sample sample;
    std::size_t at = line.find_first_of("{ ");
    if (at == std::string_view::npos) fail("no value", line);
    sample.name = line.substr(0, at);
    if (!belongs(sample.name, family)) fail("a sample of another family", line);
    if (line[at] == '{') at = read_labels(line, at, sample);
    if (at >= line.size() || line[at] != ' ') fail("no space before the value", line);
    sample.value = number(line.substr(at + 1), line);
    if (!series_.emplace(sample.name, sample.labels).second) fail("a series twice", line);
    family.samples.push_back(std::move(sample));
  }

  [[nodiscard]] bool belongs(const std::string& name, const Family& family) const {
    if (family.type != "histogram") return name == current_;
    return name == current_ + "_bucket" || name == current_ + "_sum" || name == current_ + "_count";
  }

  /// \return the place behind the brace.
  [[nodiscard]] static std::size_t read_labels(std::string_view line, std::size_t at, Sample& sample) {
    do {
      ++at; // brace or comma
      const std::size_t equals = line.find("=\"", at);
      if (equals == std::string_view::npos) fail("no label", line);
      const std::string name{line.substr(at, equals - at)};
      if (!is_name(name)) fail("no name of a label", line);
      std::string value;
      for (at = equals + 2; at < line.size() && line[at] != '"'; ++at) {
        if (line[at] != '\\') {
          value.push_back(line[at]);
          continue;
        }
        ++at;
        const char escaped = at < line.size() ? line[at] : '\0';
        if (escaped != '\\' && escaped != '"' && escaped != 'n') fail("an unknown escape", line);
        value.push_back(escaped == 'n' ? '\n' : escaped);
      }
      if (!sample.labels.emplace(name, value).second) fail("a label twice", line);
      ++at; // the quote
      if (at >= line.size()) fail("labels without an end", line);
    } while (line[at] == ',');
    if (line[at] != '}') fail("no end of the labels", line);
    return at + 1;
  }

  [[nodiscard]] static double number(std::string_view text, std::string_view line) {
    if (text == "+Inf") return std::numeric_limits<double>::infinity();
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) fail("no number", line);
    if (!(value >= 0 && value < std::numeric_limits<double>::infinity())) fail("not finite, or negative", line);
    return value;
  }

  void check(const std::string& name, const Family& family) const {
    if (family.type.empty() || family.samples.empty()) fail("a family without a type or samples", name);
    if ((family.type == "counter") != name.ends_with("_total")) fail("_total is for counters", name);
    if (families_.contains(name + "_total")) fail("OpenMetrics takes it for the counter of that name", name);
    if (name.find("_ms") != std::string::npos || name.find("_ns") != std::string::npos) fail("no base unit", name);
    if (family.type == "histogram") check_histogram(name, family);
  }

  static void check_histogram(const std::string& name, const Family& family) {
    struct Series {
      double le = -1;
      double count = 0;
      double sum = -1;
      double total = -1;
    };
    std::map<std::map<std::string, std::string>, Series> all;
    for (const Sample& sample : family.samples) {
      auto labels = sample.labels;
      if (sample.name == name + "_bucket") {
        const auto le = labels.extract("le");
        if (le.empty()) fail("a bucket without le", name);
        const double bound = number(le.mapped(), name);
        Series& series = all[labels];
        if (bound <= series.le) fail("le goes down", name);
        if (sample.value < series.count) fail("the counts are not cumulative", name);
        series.le = bound;
        series.count = sample.value;
      } else {
        (sample.name == name + "_sum" ? all[labels].sum : all[labels].total) = sample.value;
      }
    }
    for (const auto& [labels, series] : all) {
      if (series.le != std::numeric_limits<double>::infinity()) fail("no bucket +Inf", name);
      if (series.sum < 0) fail("no sum", name);
      if (series.total != series.count) fail("+Inf is not the count", name);
    }
  }

  std::map<std::string, Family> families_;
  std::set<std::pair<std::string, std::map<std::string, std::string>>> series_;
  std::string current_;
};

} // namespace flowcoro::test
