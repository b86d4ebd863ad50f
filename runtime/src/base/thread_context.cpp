#include "flowcoro/base/detail/thread_context.hpp"

namespace flowcoro::detail {

ThreadContext& thread_context() noexcept {
  // constinit and a trivial destructor: no guard on access, nothing to run at thread exit.
  static constinit thread_local ThreadContext context;
  return context;
}

} // namespace flowcoro::detail
