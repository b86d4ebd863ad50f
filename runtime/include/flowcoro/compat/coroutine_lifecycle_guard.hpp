#pragma once
/// coroutine_lifecycle_guard: another name of TaskScope.
#include "flowcoro/coro/task_registry.hpp"

namespace flowcoro {

/// `coroutine_lifecycle_guard guard{"import", "file 1", [] { … }};` in a coroutine or a function.
using coroutine_lifecycle_guard = TaskScope;

} // namespace flowcoro
