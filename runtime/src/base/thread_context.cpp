#include "flowcoro/base/detail/thread_context.hpp"

#include "flowcoro/base/atomics.hpp"

namespace flowcoro {
namespace detail {

// A trivial destructor, and no constructor to run: no guard on access, nothing to do at thread exit.
constinit thread_local ThreadContext own_thread_context;

ThreadContext& thread_context() noexcept { return own_thread_context; }

} // namespace detail

const void* StdAtomics::this_thread() noexcept { return &detail::own_thread_context; }

} // namespace flowcoro
