/// The same work shared out in two ways: a task for each part, and one call for a whole range.
#include <flowcoro.hpp>

#include <cstddef>
#include <iostream>
#include <numeric>
#include <vector>

namespace {

constexpr int limit = 200'000;
constexpr int parts = 8;

bool is_prime(int number) {
  if (number < 2) return false;
  for (int divisor = 2; divisor * divisor <= number; ++divisor)
    if (number % divisor == 0) return false;
  return true;
}

int count_primes(int first, int end) {
  int primes = 0;
  for (int number = first; number < end; ++number) primes += is_prime(number) ? 1 : 0;
  return primes;
}

/// spawn() starts a function, or a coroutine, on the workers.
flowcoro::Lazy<int> count_with_tasks() {
  std::vector<flowcoro::Task<int>> tasks;
  for (int part = 0; part < parts; ++part)
    tasks.push_back(flowcoro::spawn(count_primes, part * (limit / parts), (part + 1) * (limit / parts)));
  int primes = 0;
  for (auto& task : tasks) primes += co_await task;
  co_return primes;
}

/// spawn_many() calls a function for each index on all workers, without a task for each.
flowcoro::Lazy<int> count_with_range() {
  std::vector<int> found(limit / 100);
  auto all = flowcoro::spawn_many(found.size(), [&found](std::size_t i) {
    const int first = static_cast<int>(i) * 100;
    found[i] = count_primes(first, first + 100);
  });
  co_await all;
  co_return std::accumulate(found.begin(), found.end(), 0);
}

} // namespace

int main() {
  std::cout << "with tasks: " << flowcoro::sync_wait(count_with_tasks()) << " primes\n";
  std::cout << "with a range: " << flowcoro::sync_wait(count_with_range()) << " primes\n";
}
