// The report and the list of a Google Benchmark binary: a state and a reason of one line, and no time without a state.
#include "google_benchmark.hpp"

#include "input.hpp"

namespace flowbench {
namespace {

void read_both_ways(std::string_view text) {
  for (const ListedBenchmark& listed : read_list(text)) (void)listed;
  for (const char* name : {"good", "with_op"}) {
    const BenchmarkAnswer answer = read_report(text, name, true);
    fuzz::expect((answer.verdict.status == Status::ok) == answer.verdict.reason.empty());
    fuzz::expect(answer.verdict.reason.find('\n') == std::string::npos);
    fuzz::expect(answer.verdict.status != Status::ok || answer.measurement.has_value());
    if (answer.measurement)
      fuzz::expect(to_json(*answer.measurement) == to_json(read_measurement(to_json(*answer.measurement))));
  }
}

} // namespace
} // namespace flowbench

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  flowbench::read_both_ways(flowbench::fuzz::text_of(data, size));
  return 0;
}
