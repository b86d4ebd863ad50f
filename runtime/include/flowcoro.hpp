#pragma once
/// Everything public, under the library's own name.
#include "flowcoro/flowcoro.hpp" // IWYU pragma: export
