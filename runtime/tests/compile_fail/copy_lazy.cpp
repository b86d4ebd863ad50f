// must fail with: (deleted|no matching)
#include "flowcoro/coro/task.hpp"

#include <utility>

flowcoro::Lazy<int> take(flowcoro::Lazy<int>& task) {
#ifdef MISTAKE
  flowcoro::Lazy<int> mine = task;
#else
  flowcoro::Lazy<int> mine = std::move(task);
#endif
  return mine;
}
