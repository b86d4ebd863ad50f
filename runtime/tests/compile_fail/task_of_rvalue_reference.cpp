// must fail with: return the object, not an rvalue reference to it
#include "flowcoro/coro/task.hpp"

#ifdef MISTAKE
using Result = int&&;
#else
using Result = int;
#endif
static_assert(sizeof(flowcoro::Task<Result>) == sizeof(void*));
