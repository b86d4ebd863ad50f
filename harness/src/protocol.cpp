#include "protocol.hpp"

#include <functional>

#include "fields.hpp"
#include "text.hpp"

namespace flowbench {
namespace {

// Calls `take` for each record with the number of its unknown keys; returns what is wrong with the first bad line, or an empty string.
std::string each_record(std::string_view stream, const std::function<void(const Record&, std::uint64_t)>& take) {
  const char* const start = stream.data();
  for (std::size_t number = 1; !stream.empty(); ++number) {
    const std::string where =
        "line " + std::to_string(number) + " (from byte " + std::to_string(stream.data() - start + 1) + "): ";
    const std::size_t end = stream.find('\n');
    const std::string_view line = stream.substr(0, end);
    if (line.size() > longest_record) return where + "longer than 1 MiB";
    if (end == std::string_view::npos) return where + "is cut off: no line break at its end";
    const ParsedJson parsed = parse_strict(line);
    if (!parsed.error.empty()) return where + parsed.error;
    try {
      const Record record = read_record(parsed.value);
      take(record, count_unknown_keys(parsed.value));
    } catch (const FieldError& error) {
      return where + error.what();
    }
    stream.remove_prefix(end + 1);
  }
  return {};
}

// Takes the records of a trial one by one and throws FieldError at the first that is out of order.
class TrialReader {
 public:
  TrialReader(Conversation& conversation, const Question& question)
      : conversation_(conversation), question_(question) {}

  void operator()(const Hello& hello) const {
    if (conversation_.hello) throw FieldError("a second hello");
    if (hello.workload != question_.workload || hello.tasks != question_.tasks || hello.workers != question_.workers) {
      throw FieldError("hello is about " + hello.workload + " with " + std::to_string(hello.tasks) + " tasks and " +
                       std::to_string(hello.workers) + " workers, which was not asked");
    }
    conversation_.hello = hello;
  }
  void operator()(const Sample& sample) const {
    expect_open("sample");
    if (sample.i != conversation_.samples.size()) {
      throw FieldError("sample " + std::to_string(sample.i) + " where sample " +
                       std::to_string(conversation_.samples.size()) + " was due");
    }
    conversation_.samples.push_back(sample);
  }
  void operator()(const Histogram& histogram) const {
    expect_open("histogram");
    std::erase_if(conversation_.histograms, [&](const Histogram& old) { return old.of == histogram.of; });
    conversation_.histograms.push_back(histogram);
  }
  void operator()(const Done& done) const {
    expect_open("done");
    conversation_.done = done;
  }
  void operator()(const Unsupported& unsupported) const {
    expect_open("unsupported");
    if (!conversation_.samples.empty()) throw FieldError("unsupported after a sample");
    conversation_.unsupported = unsupported;
  }
  void operator()(const Description&) const { throw FieldError("describe was not asked"); }

 private:
  void expect_open(const char* kind) const {
    if (!conversation_.hello) throw FieldError(std::string(kind) + " before hello");
    if (conversation_.done) throw FieldError(std::string(kind) + " after done");
    if (conversation_.unsupported) throw FieldError(std::string(kind) + " after unsupported");
  }

  Conversation& conversation_;
  const Question& question_;
};

} // namespace

Conversation read_conversation(std::string_view stream, const Question& question) {
  Conversation conversation;
  const TrialReader reader(conversation, question);
  conversation.error = each_record(stream, [&](const Record& record, std::uint64_t unknown_keys) {
    std::visit(reader, record);
    conversation.unknown_keys += unknown_keys;
  });
  if (conversation.error.empty() && !conversation.hello) conversation.error = "it wrote no record";
  if (conversation.error.empty() && !conversation.done && !conversation.unsupported) {
    conversation.error = "it ended without done or unsupported";
  }
  return conversation;
}

Conversation read_description_stream(std::string_view stream) {
  Conversation conversation;
  conversation.error = each_record(stream, [&](const Record& record, std::uint64_t unknown_keys) {
    conversation.unknown_keys += unknown_keys;
    if (conversation.description) throw FieldError("a record after describe");
    const Description* description = std::get_if<Description>(&record);
    if (description == nullptr) throw FieldError("is not a describe record");
    conversation.description = *description;
  });
  if (conversation.error.empty() && !conversation.description) conversation.error = "it wrote no record";
  return conversation;
}

} // namespace flowbench
