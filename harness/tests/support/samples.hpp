// Ready-made values for tests: each is valid, and a test changes the one thing it is about.
#pragma once

#include <string>
#include <vector>

#include "catalog.hpp"
#include "executor/executor.hpp"
#include "judge.hpp"
#include "plan.hpp"
#include "protocol.hpp"
#include "subject.hpp"
#include "trial.hpp"

namespace flowbench::test {

/// Workloads "plain" and "nap" (with rules), subjects "a", "b" (with a budget from 1,000 tasks on) and the oracle "o".
[[nodiscard]] Catalog small_catalog();

/// Every subject of `catalog`, able to do every workload.
[[nodiscard]] std::vector<Subject> able_subjects(const Catalog& catalog);

/// All of small_catalog() at 10 and 1,000 tasks, 7 rounds, seed 1.
[[nodiscard]] PlanOptions plan_options();

/// A process that ran 1 s with 1 s of CPU time and exited 0.
[[nodiscard]] ProcessOutcome good_outcome();

/// 10 tasks, 2 samples of 1 ms, answer 42.
[[nodiscard]] Conversation good_conversation();
[[nodiscard]] Expectation good_expectation();

[[nodiscard]] Trial good_trial();

} // namespace flowbench::test
