// must fail with: (cannot bind|rvalue reference|no matching)
#include "flowcoro/async/with_timeout.hpp"

#include <chrono>
#include <utility>

flowcoro::Lazy<void> limit(flowcoro::Task<int> task) {
#ifdef MISTAKE
  auto limited = flowcoro::with_timeout(task, std::chrono::seconds{1});
#else
  auto limited = flowcoro::with_timeout(std::move(task), std::chrono::seconds{1});
#endif
  static_cast<void>(co_await limited);
}
