// A sleep by the steady clock, which keeps no thread.
#include <flowcoro.hpp>

#include <chrono>
#include <iostream>

using namespace flowcoro;

Task<void> timed_operation() {
  auto start = std::chrono::high_resolution_clock::now();

  co_await sleep_for(std::chrono::milliseconds(100));

  auto duration = std::chrono::high_resolution_clock::now() - start;
  std::cout << "took: " << duration.count() << "ns" << std::endl;
}

int main() { sync_wait(timed_operation()); }
