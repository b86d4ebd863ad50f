// must fail with: (deleted|no matching)
#include "flowcoro/coro/task.hpp"

#include <utility>

flowcoro::Task<int> take(flowcoro::Task<int>& task) {
#ifdef MISTAKE
  return task;
#else
  return std::move(task);
#endif
}
