#pragma once
/// What the library throws into coroutines.
#include <exception>
#include <stdexcept>

namespace flowcoro {

/// A wait ended because stop was requested for the task that waits. A task that ends with it counts as cancelled.
class OperationCancelled final : public std::exception {
 public:
  [[nodiscard]] const char* what() const noexcept override { return "operation cancelled: stop was requested"; }
};

/// A task was awaited that has no result to give: it is empty, moved from, or its result was taken before.
class NoResult final : public std::logic_error {
 public:
  NoResult() : std::logic_error{"this task has no result: it is empty, moved from, or was awaited before"} {}
};

/// A call that blocks its thread was made on a worker, which would stop the tasks queued there.
class BlockingCallOnWorker final : public std::logic_error {
 public:
  BlockingCallOnWorker() : std::logic_error{"sync_wait was called on a worker thread; use co_await there"} {}
};

/// Work was handed to a runtime that is shutting down.
class RuntimeStopped final : public std::runtime_error {
 public:
  RuntimeStopped() : std::runtime_error{"the runtime is shutting down and takes no more tasks"} {}
};

} // namespace flowcoro
