// An awaiter of one's own, which is resumed on a thread of a pool.
#include <flowcoro.hpp>

#include <chrono>
#include <coroutine>
#include <iostream>
#include <thread>

using namespace flowcoro;

class CustomAwaiter {
 public:
  bool await_ready() const { return false; }

  void await_suspend(std::coroutine_handle<> handle) {
    GlobalThreadPool::get_pool().submit([handle]() {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      handle.resume();
    });
  }

  void await_resume() {}
};

Task<void> custom_await_demo() {
  co_await CustomAwaiter{};
  std::cout << "custom await is over" << std::endl;
}

int main() { sync_wait(custom_await_demo()); }
