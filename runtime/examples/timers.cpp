/// Ten thousand tasks asleep at once: a timer is a node in the awaiter, not a thread.
#include <flowcoro.hpp>

#include <chrono>
#include <iostream>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

flowcoro::Lazy<bool> nap(std::chrono::milliseconds time) {
  const flowcoro::SteadyTime wake = flowcoro::deadline_after(flowcoro::steady_now(), time);
  co_await flowcoro::sleep_until(wake);
  co_return flowcoro::steady_now() >= wake; // never early
}

flowcoro::Lazy<int> nap_together(int sleepers) {
  std::vector<flowcoro::Lazy<bool>> naps;
  for (int i = 0; i < sleepers; ++i) naps.push_back(nap(std::chrono::milliseconds{10 + i % 20}));
  auto all = flowcoro::when_all(std::move(naps));
  const auto in_time = co_await all;
  int good = 0;
  for (const bool one : in_time) good += one ? 1 : 0;
  co_return good;
}

int main() { std::cout << flowcoro::sync_wait(nap_together(10'000)) << " sleepers woke, none too early\n"; }
