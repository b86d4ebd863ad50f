// must fail with: the completion function of a Barrier must be noexcept
#include "flowcoro/async/barrier.hpp"

void count_phases(int& phases) {
#ifdef MISTAKE
  auto count = [&phases] { ++phases; };
#else
  auto count = [&phases]() noexcept { ++phases; };
#endif
  flowcoro::Barrier barrier{2, count};
  barrier.arrive_and_drop();
}
