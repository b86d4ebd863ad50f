// must fail with: nodiscard
#include "flowcoro/coro/task.hpp"

flowcoro::Task<int> work();

void start() {
#ifdef MISTAKE
  work();
#else
  auto kept = work();
#endif
}
