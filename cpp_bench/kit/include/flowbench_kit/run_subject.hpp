#pragma once
// One call of a subject, from its options to its last record.

#include <span>
#include <string_view>

#include "flowbench_kit/record_sink.hpp"
#include "flowbench_kit/subject.hpp"

namespace flowbench {

/// Starts the runtime, runs what the options ask for, writes the records.
/// \throws UsageError (exit 2), std::exception for all that went wrong at run time (exit 1).
void run_subject(const Subject& subject, std::span<const std::string_view> arguments, const RecordSink& sink);

} // namespace flowbench
