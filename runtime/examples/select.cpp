/// A service that answers requests until it is told to end, and says so when nothing happens for a while.
#include <flowcoro.hpp>

#include <chrono>
#include <iostream>
#include <variant>

using namespace std::chrono_literals;
using flowcoro::Channel;
using flowcoro::Lazy;
using flowcoro::ManualResetEvent;

Lazy<> serve(Channel<int>& requests, Channel<int>& end, ManualResetEvent& idle) {
  for (;;) {
    auto choice = flowcoro::select(flowcoro::receive(requests), flowcoro::receive(end), flowcoro::after(200ms));
    const auto first = co_await choice; // exactly one of them is done
    if (first.index == 0) {
      std::cout << "request " << std::get<0>(first.result).value_or(0) << '\n';
    } else if (first.index == 1) {
      std::cout << "the end\n";
      co_return;
    } else if (!idle.is_set()) {
      std::cout << "nothing to do\n";
      idle.set();
    }
  }
}

Lazy<> ask(Channel<int>& requests, Channel<int>& end, ManualResetEvent& idle) {
  for (int i = 1; i <= 3; ++i) static_cast<void>(co_await requests.send(i));
  co_await idle.wait();
  static_cast<void>(co_await requests.send(4));
  static_cast<void>(co_await end.send(0));
}

Lazy<> run() {
  Channel<int> requests{0}; // a request is sent when it has been taken
  Channel<int> end{0};
  ManualResetEvent idle;
  auto both = flowcoro::when_all(serve(requests, end, idle), ask(requests, end, idle));
  co_await both;
}

int main() { flowcoro::sync_wait(run()); }
