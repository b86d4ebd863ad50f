// must fail with: await_transform
#include "flowcoro/coro/async_generator.hpp"
#include "flowcoro/coro/generator.hpp"
#include "flowcoro/coro/task.hpp"

flowcoro::Task<int> number();

#ifdef MISTAKE
flowcoro::Generator<int> numbers() {
#else
flowcoro::AsyncGenerator<int> numbers() {
#endif
  const int first = co_await number();
  co_yield first;
}
