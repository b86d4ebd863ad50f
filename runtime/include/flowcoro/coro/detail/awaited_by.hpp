#pragma once
/// Who waits for a task: the way from one coroutine to the next that reports are made of.
#include <cstdint>
#include <source_location>

namespace flowcoro::detail {

class PromiseBase;

/// One step up: from a task to the next coroutine that is known by name, past those that are not.
struct AwaitedBy {
  enum class What : std::uint8_t {
    nobody,    ///< so far
    task,      ///< that a scheduler or the registry lists
    call,      ///< a sync_wait, whose thread waits
    group,     ///< something that joins several, such as a TaskGroup, or a pool
    coroutine, ///< of another library, or too far away
  };
  What what = What::nobody;
  std::uint32_t between = 0;       ///< coroutines on the way that nobody lists
  const void* coroutine = nullptr; ///< names the task; never to be followed
  std::source_location call;
};

/// Threads: any. Precondition: something keeps `task` from ending meanwhile, so that all who wait for it stay where they are.
[[nodiscard]] AwaitedBy awaited_by(const PromiseBase& task) noexcept;

} // namespace flowcoro::detail
