#include "flowcoro/base/detail/thread_context.hpp"

namespace flowcoro::detail {

// A trivial destructor, and no constructor to run: no guard on access, nothing to do at thread exit.
constinit thread_local ThreadContext own_thread_context;

ThreadContext& thread_context() noexcept { return own_thread_context; }

} // namespace flowcoro::detail
