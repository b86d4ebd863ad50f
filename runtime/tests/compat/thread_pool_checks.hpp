#pragma once
/// What holds for every pool of threads that gives futures.
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>

namespace flowcoro::test {

/// Of functions with arguments of every kind.
template <class Pool>
void expect_futures_of_results_and_exceptions(Pool& pool) {
  auto sum = pool.enqueue([](int a, int b) { return a + b; }, 40, 2);
  auto text = pool.enqueue([](const std::string& s) { return s + "!"; }, std::string{"text"});
  auto failing = pool.enqueue([]() -> int { throw std::runtime_error{"no"}; });
  auto moved = pool.enqueue([](std::unique_ptr<int> p) { return *p; }, std::make_unique<int>(5));
  int seen = 0;
  auto reference = pool.enqueue([](int& x) { x = 1; }, std::ref(seen));
  EXPECT_EQ(sum.get(), 42);
  EXPECT_EQ(text.get(), "text!");
  EXPECT_THROW(failing.get(), std::runtime_error);
  EXPECT_EQ(moved.get(), 5);
  reference.get();
  EXPECT_EQ(seen, 1);
}

} // namespace flowcoro::test
