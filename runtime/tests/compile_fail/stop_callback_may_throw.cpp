// must fail with: a stop callback must be noexcept
#include "flowcoro/coro/stop.hpp"

void count_stops(flowcoro::StopToken token, int& stops) {
#ifdef MISTAKE
  const auto count = [&stops] { ++stops; };
#else
  const auto count = [&stops]() noexcept { ++stops; };
#endif
  const flowcoro::StopCallback callback{token, count};
}
