#pragma once
/// Tells when a worker is kept by one coroutine for too long.
#include "flowcoro/base/time.hpp"
#include "flowcoro/observe/await_chain.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace flowcoro {
class Runtime;

/// A turn of a worker, one resume, that has not come to its end.
struct Stall {
  unsigned worker = 0;
  Nanoseconds lasted{0};           ///< at least; up to a quarter of the limit more
  const void* coroutine = nullptr; ///< that was resumed; it may have handed over to another one since
  const void* code = nullptr;      ///< the function that resumes it, for a debugger
  /// The one that runs there: a tracked task that says so, else the resumed one if it has waited before. Without either, or when it has gone on
  /// while it was being looked up, there is none.
  std::optional<TaskTrace> task;
};
/// `worker 1 has been busy for 0.512 s with task 7 "upload", which last waited at upload.cpp:40 (…)`. Where no task is known, the function
/// as far as the dynamic symbols tell, or the file and the offset for addr2line.
[[nodiscard]] std::string to_string(const Stall& stall);

struct WatchdogOptions {
  /// More than 0.
  Nanoseconds limit = std::chrono::milliseconds{100};
  /// Called once for each stall, on the watchdog's thread; must not throw. May call await_chains().
  std::function<void(const Stall&)> on_stall;
};

/// While it lives, looks at the workers of a runtime four times in each limit, on a thread of its own that is joined at the end. The workers
/// do nothing for it but to note, with plain stores, what they resume.
class StallWatchdog {
 public:
  /// The runtime must live longer. Throws std::invalid_argument, which names the option, and std::system_error without a thread.
  StallWatchdog(const Runtime& runtime, WatchdogOptions options);
  StallWatchdog(const StallWatchdog&) = delete;
  StallWatchdog& operator=(const StallWatchdog&) = delete;
  /// Blocks while on_stall runs.
  ~StallWatchdog();

  /// Threads: any.
  [[nodiscard]] std::uint64_t stalls() const noexcept;

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

} // namespace flowcoro
