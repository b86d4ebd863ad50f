// The first sample on one thread: nothing runs but inside of drive(), and the program sleeps as long as nothing can.
#include <flowcoro.hpp>
#include <flowcoro/compat/coroutine_manager.hpp>

#include <chrono>
#include <iostream>
#include <set>
#include <thread>

using namespace flowcoro;

std::set<std::thread::id> threads;

Task<int> compute(int x) {
  threads.insert(std::this_thread::get_id());
  co_await sleep_for(std::chrono::milliseconds(50));
  threads.insert(std::this_thread::get_id());
  co_return x* x;
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

int main() {
  CoroutineManager& manager = CoroutineManager::get_instance();
  const auto here = manager.as_default(); // tasks of this thread begin there

  std::size_t turns = 0;
  for (auto style : {sequential_style, batch_style}) {
    Task<void> task = style();
    while (!task.done()) {
      ++turns;
      // A program with a loop of its own would see to other things until scheduler().next_deadline().
      if (!manager.drive().anything()) manager.scheduler().wait();
    }
  }

  const bool one_thread = threads.size() == 1 && threads.contains(std::this_thread::get_id());
  std::cout << "on one thread: " << std::boolalpha << one_thread << ", few turns: " << (turns < 50) << std::endl;
}
