// must fail with: no matching function
#include "flowcoro/sched/runtime.hpp"

int block(flowcoro::Lazy<int> lazy) {
#ifdef MISTAKE
  return flowcoro::sync_wait(5);
#else
  return flowcoro::sync_wait(lazy);
#endif
}
