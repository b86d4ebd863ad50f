// What a subject writes to its result channel: read or refused with a reason of one line, never more.
#include "fields.hpp"
#include "input.hpp"
#include "judge.hpp"
#include "protocol.hpp"
#include "records.hpp"
#include "text.hpp"

namespace flowbench {
namespace {

// The question that the stream answers, so that what follows its hello is looked at.
Question question_of(std::string_view stream) {
  const ParsedJson first = parse_strict(stream.substr(0, stream.find('\n')));
  if (!first.error.empty()) return {};
  try {
    const Record record = read_record(first.value);
    if (const Hello* hello = std::get_if<Hello>(&record)) return {hello->workload, hello->tasks, hello->workers};
  } catch (const FieldError&) {
    // read_conversation() says the same
  }
  return {};
}

void read_both_ways(std::string_view stream) {
  const Question question = question_of(stream);
  const Conversation said = read_conversation(stream, question);
  fuzz::expect(said.error.empty() == (said.done.has_value() != said.unsupported.has_value()) || !said.error.empty());
  fuzz::expect(one_line(said.error).find('\n') == std::string::npos);
  ProcessOutcome outcome;
  outcome.exit_code = 0;
  outcome.wall_ns = outcome.user_ns = outcome.result_ns = 1'000'000'000;
  const Verdict verdict =
      judge(outcome, said, {.tasks = question.tasks, .phases = said.samples.size(), .rules = {}, .answer = {}});
  fuzz::expect((verdict.status == Status::ok) == verdict.reason.empty());
  fuzz::expect((verdict.status == Status::protocol_error) == !said.error.empty());
  (void)unaccounted_time(said, outcome.result_ns);

  const Conversation described = read_description_stream(stream);
  fuzz::expect(described.error.empty() == described.description.has_value() || !described.error.empty());
}

} // namespace
} // namespace flowbench

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  flowbench::read_both_ways(flowbench::fuzz::text_of(data, size));
  return 0;
}
