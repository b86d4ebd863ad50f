// Tasks that are counted, tracked or pooled, by one interface, and what the library knows of them.
#include <flowcoro.hpp>

#include <iostream>
#include <string>

using namespace flowcoro;

TaskV2<int> compatible(int x) { co_return x; }
TaskV2<int, TaskMode::enhanced> enhanced(int x) {
  co_await this_task::set_name("enhanced");
  co_return x;
}
pooled_task<int> pooled(int x) { co_return x; }

Task<int> all() {
  auto a = compatible(1);
  auto b = enhanced(2);
  auto c = pooled(3);
  Task<int> d = compatible(4); // any of them is a Task, too
  co_return co_await a + co_await b + co_await c + co_await d;
}

int main() {
  enable_v2_features();
  std::cout << "sum: " << sync_wait(all()) << std::endl;

  cancellation_source source;
  cancellation_token token = source.token();
  std::cout << "cancelled: " << token.is_cancelled() << std::endl;
  source.cancel();
  std::cout << "cancelled: " << token.is_cancelled() << std::endl;

  lifecycle_manager manager;
  std::cout << "created: " << manager.stats().all().created << ", active: " << manager.stats().all().active()
            << std::endl;
  disable_v2_features();
}
