#pragma once
/// thread_context() without the call, for the functions that run once or more for each task.
#include "flowcoro/base/detail/thread_context.hpp"

namespace flowcoro::detail {

/// Only for ordinary functions that are compiled into the library: a compiler that saw this in a coroutine might keep the
/// address across a suspension, which may end on another thread.
/// constinit and a trivial destructor: no guard on access, nothing to run at thread exit.
extern constinit thread_local ThreadContext this_thread;

} // namespace flowcoro::detail
