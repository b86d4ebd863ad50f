#include "strict_json.hpp"

#include <set>
#include <vector>

#include "text.hpp"

namespace flowbench {
namespace {

// Walks a document without building it and stops at the first thing the contract forbids.
class StrictCheck final : public nlohmann::json_sax<Json> {
 public:
  explicit StrictCheck(Fractions fractions) : fractions_(fractions) {}
  [[nodiscard]] const std::string& error() const { return error_; }

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t& text) override {
    if (fractions_ == Fractions::allowed) return true;
    return refuse("number '" + one_line(text, 40) + "' is not an integer of 64 bits");
  }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return refuse("binary data"); }
  bool start_object(std::size_t) override { return open(); }
  bool key(string_t& name) override {
    if (keys_.back().insert(name).second) return true;
    return refuse("key '" + one_line(name, 40) + "' appears twice");
  }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    return refuse("not JSON at byte " + std::to_string(position));
  }

 private:
  bool refuse(std::string why) {
    error_ = std::move(why);
    return false;
  }
  bool open() {
    if (keys_.size() >= deepest_json) return refuse("nested deeper than " + std::to_string(deepest_json));
    keys_.emplace_back();
    return true;
  }
  bool close() {
    keys_.pop_back();
    return true;
  }

  Fractions fractions_;
  std::vector<std::set<std::string>> keys_; // one set for each open object or array
  std::string error_;
};

} // namespace

ParsedJson parse_strict(std::string_view text, Fractions fractions) {
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    return {{}, "NUL at byte " + std::to_string(nul + 1)}; // the parser would take it for the end
  }
  if (text.starts_with("\xef\xbb\xbf")) return {{}, "a byte order mark"};
  StrictCheck check(fractions);
  if (!Json::sax_parse(text.begin(), text.end(), &check)) return {{}, check.error()};
  return {Json::parse(text.begin(), text.end(), nullptr, false), {}};
}

std::string json_line(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

} // namespace flowbench
