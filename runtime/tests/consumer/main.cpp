#include <flowcoro.hpp>

flowcoro::Task<int> answer() {
  co_await flowcoro::yield();
  co_return 42;
}

int main() { return flowcoro::sync_wait(answer()) == 42 ? 0 : 1; }
