// Errors that are expected come as values; exceptions become one at the border.
#include <flowcoro.hpp>

#include <iostream>
#include <stdexcept>
#include <string>

using namespace flowcoro;

template <typename T>
Task<Result<T, std::string>> safe_execute(Task<T> task) {
  try {
    auto result = co_await task;
    co_return Ok(std::move(result));
  } catch (const std::exception& e) {
    co_return Err(e.what());
  }
}

Task<int> divide(int a, int b) {
  co_await yield();
  if (b == 0) throw std::invalid_argument("division by zero");
  co_return a / b;
}

int main() {
  auto good = sync_wait(safe_execute(divide(84, 2)));
  std::cout << "ok: " << good.is_ok() << ", " << std::move(good).unwrap() << std::endl;
  auto bad = sync_wait(safe_execute(divide(1, 0)));
  std::cout << "ok: " << bad.is_ok() << ", " << std::move(bad).unwrap_err() << std::endl;

  Result<int, std::string> half = Ok(21);
  auto whole = half.map([](int x) { return x * 2; });
  auto text = whole.and_then([](int x) -> Result<std::string, std::string> { return Ok(std::to_string(x)); });
  std::cout << "mapped: " << text.unwrap() << std::endl;
}
