// The order of the records: what one process said on its result channel, and where it broke the contract.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "records.hpp"

namespace flowbench {

inline constexpr std::size_t longest_record = 1U << 20U;

/// Everything well formed up to the first error, in the order the contract asks for.
struct Conversation {
  std::optional<Hello> hello;
  std::vector<Sample> samples;
  std::vector<Histogram> histograms; // the last of each name: each covers all samples so far
  std::optional<Done> done;
  std::optional<Unsupported> unsupported;
  std::optional<Description> description;
  std::uint64_t unknown_keys = 0; // keys of all of these records that the contract does not know, and nobody has read
  std::string error;              // "line 3: ..."; empty when the stream keeps the contract
};

/// What the caller asked the subject for, which `hello` has to repeat.
struct Question {
  std::string workload;
  std::uint64_t tasks = 0;
  std::uint64_t workers = 0;
};

/// The answer to a trial: hello, samples 0 1 2 ... with histograms between them, done; or hello, unsupported.
[[nodiscard]] Conversation read_conversation(std::string_view stream, const Question& question);

/// The answer to --describe: one object.
[[nodiscard]] Conversation read_description_stream(std::string_view stream);

} // namespace flowbench
