#pragma once
/// Everything public, under the library's own name, and the names of the documents that it was made from.
#include "flowcoro/compat/advanced_timeout_manager.hpp"  // IWYU pragma: export
#include "flowcoro/compat/cancellation.hpp"              // IWYU pragma: export
#include "flowcoro/compat/coroutine_frame_allocator.hpp" // IWYU pragma: export
#include "flowcoro/compat/coroutine_lifecycle_guard.hpp" // IWYU pragma: export
#include "flowcoro/compat/coroutine_lifecycle_pool.hpp"  // IWYU pragma: export
#include "flowcoro/compat/coroutine_state_manager.hpp"   // IWYU pragma: export
#include "flowcoro/compat/enhanced_scheduling.hpp"       // IWYU pragma: export
#include "flowcoro/compat/home_coroutine_handle.hpp"     // IWYU pragma: export
#include "flowcoro/compat/lifecycle_manager.hpp"         // IWYU pragma: export
#include "flowcoro/compat/lockfree.hpp"                  // IWYU pragma: export
#include "flowcoro/compat/migration_helper.hpp"          // IWYU pragma: export
#include "flowcoro/compat/safe_coroutine_handle.hpp"     // IWYU pragma: export
#include "flowcoro/compat/smart_load_balancer.hpp"       // IWYU pragma: export
#include "flowcoro/compat/task_v2.hpp"                   // IWYU pragma: export
#include "flowcoro/compat/thread_pool.hpp"               // IWYU pragma: export
#include "flowcoro/compat/timeout_wrapper.hpp"           // IWYU pragma: export
#include "flowcoro/compat/v2_features.hpp"               // IWYU pragma: export
#include "flowcoro/compat/work_stealing_thread_pool.hpp" // IWYU pragma: export
#include "flowcoro/flowcoro.hpp"                         // IWYU pragma: export
