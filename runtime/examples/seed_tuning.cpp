// Pools of blocks for small and for large objects, and pools of threads of a chosen size.
#include <flowcoro.hpp>

#include <iostream>
#include <thread>

using namespace flowcoro;

int main() {
  MemoryPool small_pool(32, 1000);
  small_pool.set_expansion_factor(1.5);

  MemoryPool large_pool(1024, 100);
  large_pool.set_expansion_factor(2.0);

  auto thread_count = std::thread::hardware_concurrency();
  ThreadPool pool(thread_count);

  ThreadPool custom_pool(8);

  void* small = small_pool.allocate();
  void* large = large_pool.allocate();
  std::cout << "sum: " << pool.enqueue([](int a, int b) { return a + b; }, 40, 2).get() << std::endl;
  std::cout << "threads: " << custom_pool.size() << std::endl;
  small_pool.deallocate(small);
  large_pool.deallocate(large);
}
