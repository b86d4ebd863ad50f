#include "model/checker.hpp"

#include "model/machine.hpp"

#include "flowcoro/base/assert.hpp"

#include <ostream>
#include <utility>

namespace flowcoro::model {
namespace {

void add_failure(Report& report, const Machine::Failure& failure) {
  report.verdict = failure.verdict;
  report.message = failure.message;
}

} // namespace

std::ostream& operator<<(std::ostream& out, Verdict verdict) {
  switch (verdict) {
    case Verdict::passed: return out << "passed";
    case Verdict::incomplete: return out << "incomplete";
    case Verdict::broken_check: return out << "broken check";
    case Verdict::data_race: return out << "data race";
    case Verdict::bad_lifetime: return out << "bad lifetime";
    case Verdict::deadlock: return out << "deadlock";
    case Verdict::livelock: return out << "livelock";
  }
  return out;
}

std::ostream& operator<<(std::ostream& out, const Report& report) {
  out << report.verdict << " after " << report.runs << " runs with " << report.operations << " operations";
  if (!report.message.empty()) out << ": " << report.message;
  if (!report.trace.empty()) out << "\nchoices \"" << report.choices << "\"\n" << report.trace;
  return out;
}

void Threads::start(std::function<void()> body) { this_machine().start(std::move(body), false); }
void Threads::serve(std::function<void()> body) { this_machine().start(std::move(body), true); }
void Threads::join() { this_machine().join(); }
void Threads::join_servers() { this_machine().join_servers(); }

void check(bool condition, std::string_view message) {
  if (!condition) this_machine().fail(Verdict::broken_check, std::string{message});
}

void yield() { this_machine().yield(); }

Report replay(const Bounds& bounds, std::string_view choices, const Program& program, OrderPolicy* orders) {
  FLOWCORO_ASSERT(choices.size() >= 2 && choices[1] == ':', "choices are written as a digit, a colon and a path");
  Report report;
  Choices path;
  path.follow(choices.substr(2));
  path.begin();
  Machine machine{bounds, path, orders};
  if (machine.run(program, static_cast<std::size_t>(choices[0] - '0'), true) == Machine::End::failed)
    add_failure(report, machine.failure());
  report.choices = choices;
  report.trace = machine.trace();
  report.runs = 1;
  report.operations = machine.operations();
  return report;
}

Report explore(const Bounds& bounds, const Program& program, OrderPolicy* orders) {
  Report report;
  Choices path;
  Machine machine{bounds, path, orders};
  for (std::size_t preemptions = 0; preemptions <= bounds.preemptions;) {
    path.follow("");
    do {
      if (report.runs == bounds.runs) {
        report.verdict = Verdict::incomplete;
        return report;
      }
      path.begin();
      const Machine::End end = machine.run(program, preemptions, false);
      ++report.runs;
      report.operations += machine.operations();
      if (end != Machine::End::failed) continue;
      add_failure(report, machine.failure());
      report.choices = std::to_string(preemptions) + ":" + path.to_text();
      path.begin();
      static_cast<void>(machine.run(program, preemptions, true));
      report.trace = machine.trace();
      return report;
    } while (path.advance());
    if (!machine.learn()) ++preemptions; // else the same again
  }
  return report;
}

} // namespace flowcoro::model
