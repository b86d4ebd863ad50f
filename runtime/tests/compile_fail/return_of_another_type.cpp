// must fail with: (cannot initialize|invalid conversion|no viable|no matching)
#include "flowcoro/coro/task.hpp"

flowcoro::Task<int> answer() {
#ifdef MISTAKE
  co_return "forty-two";
#else
  co_return 42;
#endif
}
