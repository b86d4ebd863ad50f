// must fail with: (cannot bind|rvalue reference|no matching)
#include "flowcoro/coro/when_all.hpp"

#include <utility>

flowcoro::Lazy<void> join(flowcoro::Task<int> one, flowcoro::Task<int> two) {
#ifdef MISTAKE
  auto both = flowcoro::when_all(one, two);
#else
  auto both = flowcoro::when_all(std::move(one), std::move(two));
#endif
  co_await both;
}
