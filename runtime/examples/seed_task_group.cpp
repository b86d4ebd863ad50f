// A class of the program's own that keeps tasks and joins them; TaskGroup does it with stop requests and errors.
#include <flowcoro.hpp>

#include <iostream>
#include <vector>

using namespace flowcoro;

class CoroutineManager {
  std::vector<Task<void>> tasks_;

 public:
  void add_task(Task<void> task) { tasks_.push_back(std::move(task)); }

  Task<void> wait_all() {
    for (auto& task : tasks_) {
      co_await task;
    }
    tasks_.clear();
  }
};

Task<void> work(int& sum, int number) {
  co_await yield();
  sum += number;
}

int main() {
  Runtime runtime({.workers = 1}); // so that the tasks may share a plain number
  int sum = 0;
  sync_wait(runtime, [&]() -> Task<void> {
    CoroutineManager manager;
    for (int i = 1; i <= 10; ++i) manager.add_task(work(sum, i));
    co_await manager.wait_all();
  });
  std::cout << "sum: " << sum << std::endl;
}
