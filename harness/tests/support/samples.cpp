#include "support/samples.hpp"

namespace flowbench::test {

Catalog small_catalog() {
  Catalog catalog;
  catalog.tasks = {10, 1000};
  catalog.workloads = {
      {"plain", "Plain", "nothing", "nothing", "sum", {}},
      {"nap", "Nap", "sleeps", "all at once", "sum", {true, {{"lateness_ns", 1}}, {{1, 10}, {1000, 20}}}}};
  SubjectRow a, b, oracle;
  a.id = "a", b.id = "b", oracle.id = "o";
  a.title = b.title = oracle.title = "Title";
  a.language = b.language = oracle.language = "C++";
  b.budget = {{1000, {}, 2, 1, "it is slow"}};
  oracle.oracle = true;
  catalog.subjects = {a, b, oracle};
  catalog.sha256 = std::string(64, '0');
  return catalog;
}

std::vector<Subject> able_subjects(const Catalog& catalog) {
  std::vector<Subject> subjects;
  for (const SubjectRow& row : catalog.subjects) {
    Subject subject;
    subject.row = row;
    subject.command = {"/bin/" + row.id};
    subject.sha256 = std::string(64, '1');
    subject.description = Description{row.id, "1.0", {"cc", "-O2"}, catalog.workload_ids(), {}, {}, {}};
    subjects.push_back(std::move(subject));
  }
  return subjects;
}

PlanOptions plan_options() {
  PlanOptions options;
  options.tasks = {10, 1000};
  options.workers = {2};
  options.seed = 1;
  options.catalog = "catalog.json";
  return options;
}

ProcessOutcome good_outcome() {
  ProcessOutcome outcome;
  outcome.exit_code = 0;
  outcome.wall_ns = 1'000'000'000;
  outcome.user_ns = 900'000'000;
  outcome.sys_ns = 100'000'000;
  return outcome;
}

Conversation good_conversation() {
  Conversation conversation;
  conversation.hello = Hello{"a", "1.0", "plain", 10, 2, {"cc", "-O2"}};
  conversation.samples = {{0, 1'000'000, 500'000, 1'000'000, 1'100'000, {}, {}},
                          {1, 1'000'000, 500'000, 1'100'000, 1'100'000, {}, {}}};
  conversation.done = Done{10, 42, {}, {}};
  return conversation;
}

Expectation good_expectation() { return {.tasks = 10, .phases = 2, .rules = {}, .answer = 42}; }

Trial good_trial() {
  Trial trial;
  trial.trial = 3;
  trial.subject = "a";
  trial.workload = "plain";
  trial.tasks = 10;
  trial.workers = 2;
  trial.phases = 2;
  trial.exit_code = 0;
  trial.wall_ns = 1'000'000'000;
  trial.samples = good_conversation().samples;
  trial.done = Done{10, 42, {}, {}};
  return trial;
}

} // namespace flowbench::test
