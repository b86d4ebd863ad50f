#pragma once
// The records of the contract, each as the line that goes to flowbench (without its newline).

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "flowbench_kit/build_info.hpp"
#include "flowbench_kit/options.hpp"
#include "flowbench_kit/phases.hpp"
#include "flowbench_kit/subject.hpp"
#include "flowbench_kit/time_histogram.hpp"

namespace flowbench {

[[nodiscard]] std::string hello_record(const Subject& subject, const Options& options, const BuildInfo& build);
[[nodiscard]] std::string sample_record(std::size_t index, const Sample& sample);
[[nodiscard]] std::string histogram_record(std::string_view of, std::span<const TimeHistogram::Bucket> buckets);
[[nodiscard]] std::string done_record(const Finished& result);
[[nodiscard]] std::string unsupported_record(const Unsupported& unsupported);
/// \throws std::logic_error when a workload is refused and unlike.
[[nodiscard]] std::string describe_record(const Subject& subject, const BuildInfo& build);

} // namespace flowbench
