// Tasks run from the moment they are made; co_await only waits for their results, one by one or together.
#include <flowcoro.hpp>

#include <chrono>
#include <iostream>

using namespace flowcoro;

Task<int> compute(int x) {
  co_await sleep_for(std::chrono::milliseconds(50));
  co_return x* x;
}
Task<int> async_compute(int x) {
  co_await yield();
  co_return x * 10;
}

Task<void> sequential_style() {
  auto task1 = compute(1);
  auto task2 = compute(2);
  auto task3 = compute(3);

  auto r1 = co_await task1;
  auto r2 = co_await task2;
  auto r3 = co_await task3;

  std::cout << "Sequential: " << r1 << ", " << r2 << ", " << r3 << std::endl;
  co_return;
}

Task<void> batch_style() {
  auto task1 = compute(1);
  auto task2 = compute(2);
  auto task3 = compute(3);

  auto [r1, r2, r3] = co_await when_all(std::move(task1), std::move(task2), std::move(task3));

  std::cout << "Batch: " << r1 << ", " << r2 << ", " << r3 << std::endl;
  co_return;
}

Task<void> concurrent_processing() {
  auto task1 = async_compute(1);
  auto task2 = async_compute(2);
  auto task3 = async_compute(3);

  auto result1 = co_await task1;
  auto result2 = co_await task2;
  auto result3 = co_await task3;

  std::cout << "Concurrent: " << result1 << ", " << result2 << ", " << result3 << std::endl;
  co_return;
}

Task<void> when_all_example() {
  auto task1 = async_compute(1);
  auto task2 = async_compute(2);
  auto task3 = async_compute(3);

  auto [r1, r2, r3] = co_await when_all(std::move(task1), std::move(task2), std::move(task3));

  std::cout << "All: " << r1 << ", " << r2 << ", " << r3 << std::endl;
  co_return;
}

Task<void> real_concurrency() {
  auto task1 = async_compute(1);
  auto task2 = async_compute(2);
  auto task3 = async_compute(3);

  auto r1 = co_await task1;
  auto r2 = co_await task2;
  auto r3 = co_await task3;
  std::cout << "Real: " << r1 + r2 + r3 << std::endl;
}

int main() {
  sync_wait(sequential_style());
  sync_wait(batch_style());
  sync_wait(concurrent_processing());
  sync_wait(when_all_example());
  sync_wait(real_concurrency());
  return 0;
}
