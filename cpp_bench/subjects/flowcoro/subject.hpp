#pragma once
// This repository's runtime, used through its public header as any program would. Coroutines take their arguments by
// value or by pointer, so that a spawned one keeps all it needs in its own frame.

#include <cstdint>
#include <flowcoro/flowcoro.hpp>
#include <memory>
#include <utility>
#include <vector>

#include "flowbench_kit/subject.hpp"

struct flowbench::Runtime {
  explicit Runtime(unsigned workers, std::unique_ptr<flowcoro::TraceBuffer> traced = nullptr)
      : trace(std::move(traced)), flow(flowcoro::RuntimeOptions{.workers = workers, .trace = trace.get()}) {}

  std::unique_ptr<flowcoro::TraceBuffer> trace; // nullptr: nobody asked for one
  flowcoro::Runtime flow;
};

namespace flowcoro_subject {

using flowbench::Finished;
using flowbench::Outcome;
using flowbench::Phase;
using flowbench::Runtime;
using flowcoro::Lazy;
using flowcoro::Task;

/// Awaits tasks in their order and adds up what they give.
inline Lazy<Finished> sum_of(std::vector<Task<std::uint64_t>> tasks) {
  Finished result{.completed = 0, .answer = 0};
  for (Task<std::uint64_t>& task : tasks) {
    result.answer += co_await task;
    ++result.completed;
  }
  co_return result;
}

} // namespace flowcoro_subject
