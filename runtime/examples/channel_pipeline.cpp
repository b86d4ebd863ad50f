/// Three stages that run at the same time, joined by bounded channels: a slow stage holds the ones before it back.
#include <flowcoro.hpp>

#include <iostream>
#include <tuple>

using flowcoro::Channel;
using flowcoro::Lazy;

Lazy<> count_to(int last, Channel<int>& out) {
  for (int i = 1; i <= last; ++i)
    if (!co_await out.send(i)) co_return; // closed by the reader
  out.close();
}

Lazy<> square(Channel<int>& in, Channel<long>& out) {
  while (const auto number = co_await in.receive()) {
    const long value = *number;
    if (!co_await out.send(value * value)) co_return;
  }
  out.close(); // in is closed and empty
}

Lazy<long> sum(Channel<long>& in) {
  long total = 0;
  while (const auto number = co_await in.receive()) total += *number;
  co_return total;
}

Lazy<long> sum_of_squares(int last) {
  Channel<int> numbers{16}; // outlive the stages: when_all joins them before this frame ends
  Channel<long> squares{16};
  auto stages = flowcoro::when_all(count_to(last, numbers), square(numbers, squares), sum(squares));
  const auto results = co_await stages;
  co_return std::get<2>(results);
}

int main() { std::cout << "the squares up to 1000 sum to " << flowcoro::sync_wait(sum_of_squares(1000)) << '\n'; }
