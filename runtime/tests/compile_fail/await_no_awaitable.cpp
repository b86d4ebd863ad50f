// must fail with: cannot be awaited: it is no awaiter and has no operator co_await
#include "flowcoro/coro/task.hpp"

flowcoro::Task<void> wait_for_nothing() {
#ifdef MISTAKE
  co_await 5;
#endif
  co_return;
}
