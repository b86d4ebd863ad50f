// must fail with: nodiscard
#include "flowcoro/coro/when_all.hpp"

flowcoro::Lazy<int> work();

flowcoro::Lazy<void> start() {
#ifdef MISTAKE
  flowcoro::when_all(work(), work());
#else
  auto both = flowcoro::when_all(work(), work());
#endif
  co_return;
}
