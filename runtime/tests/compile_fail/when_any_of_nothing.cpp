// must fail with: no matching function
#include "flowcoro/coro/when_any.hpp"

flowcoro::Lazy<int> work();

flowcoro::Lazy<void> choose() {
#ifdef MISTAKE
  auto first = flowcoro::when_any();
#else
  auto first = flowcoro::when_any(work());
#endif
  co_await first;
}
