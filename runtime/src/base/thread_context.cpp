#include "this_thread.hpp"

namespace flowcoro::detail {

constinit thread_local ThreadContext this_thread;

ThreadContext& thread_context() noexcept { return this_thread; }

} // namespace flowcoro::detail
