// run.json and the lines of trials.jsonl: refused, or read, and then written again as they were.
#include "fields.hpp"
#include "input.hpp"
#include "record_crc.hpp"
#include "run_file.hpp"
#include "strict_json.hpp"
#include "trial.hpp"

namespace flowbench {
namespace {

void read_as_trial(const Json& object) {
  Json written;
  try {
    written = to_json(read_trial(object));
  } catch (const FieldError&) {
    return;
  }
  fuzz::expect(to_json(read_trial(written)) == written); // what we wrote, we read
}

// A line with its CRC is good; whatever else stands there is refused or from before there were any.
void check_crc(std::string_view line) {
  CrcCheck check;
  try {
    check(line);
  } catch (const FieldError&) {
    return;
  }
  if (line.ends_with('}')) check(with_crc(std::string(line)));
}

void read_as_run(const Json& object) {
  try {
    (void)read_run(object);
  } catch (const FieldError&) {
    return;
  }
}

void read_whole_and_by_lines(std::string_view text) {
  if (const ParsedJson whole = parse_strict(text); whole.error.empty()) {
    read_as_run(whole.value);
  }
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    check_crc(text.substr(0, end));
    if (const ParsedJson line = parse_strict(text.substr(0, end)); line.error.empty()) read_as_trial(line.value);
    if (end == std::string_view::npos) return;
    text.remove_prefix(end + 1);
  }
}

} // namespace
} // namespace flowbench

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  flowbench::read_whole_and_by_lines(flowbench::fuzz::text_of(data, size));
  return 0;
}
