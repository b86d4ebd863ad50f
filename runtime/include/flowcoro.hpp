#pragma once
/// Everything public, under the library's own name.
#include "flowcoro/compat/advanced_timeout_manager.hpp" // IWYU pragma: export
#include "flowcoro/compat/cancellation.hpp"             // IWYU pragma: export
#include "flowcoro/compat/timeout_wrapper.hpp"          // IWYU pragma: export
#include "flowcoro/flowcoro.hpp"                        // IWYU pragma: export
