// Work on a thread gives a future: the value, or the exception, arrives there.
#include <flowcoro.hpp>

#include <future>
#include <iostream>
#include <memory>
#include <stdexcept>

using namespace flowcoro;

template <typename F>
std::future<void> async_execute(F func) {
  auto promise = std::make_shared<std::promise<void>>();
  auto future = promise->get_future();
  GlobalThreadPool::get_pool().submit([func, promise]() {
    try {
      func();
      promise->set_value();
    } catch (...) {
      promise->set_exception(std::current_exception());
    }
  });
  return future;
}

int main() {
  auto future = async_execute([] { std::cout << "written" << std::endl; });
  future.wait();
  auto failing = async_execute([] { throw std::runtime_error("disk full"); });
  try {
    failing.get();
  } catch (const std::exception& e) {
    std::cout << "failed: " << e.what() << std::endl;
  }
}
