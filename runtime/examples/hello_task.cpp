/// A task that waits for another task, and an ordinary function that waits for both.
#include <flowcoro.hpp>

#include <iostream>
#include <string>

flowcoro::Task<std::string> greeting(std::string name) {
  co_await flowcoro::yield(); // gives other tasks a turn; goes on here, on a worker
  co_return "hello, " + name;
}

flowcoro::Task<> greet() {
  auto task = greeting("coroutine"); // runs already, up to its first wait
  std::cout << co_await task << '\n';
}

int main() { flowcoro::sync_wait(greet()); }
