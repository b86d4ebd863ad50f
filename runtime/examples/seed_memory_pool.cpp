// A pool of blocks that grows by its factor and never gives nullptr.
#include <flowcoro.hpp>

#include <iostream>

using namespace flowcoro;

int main() {
  MemoryPool pool(64, 100);       // blocks of 64 bytes, 100 at the start
  pool.set_expansion_factor(2.0); // twice as many when they do not suffice

  void* ptr = pool.allocate();
  std::cout << "a block: " << (ptr != nullptr) << std::endl;
  pool.deallocate(ptr);

  void* blocks[150];
  for (void*& block : blocks) block = pool.allocate();
  std::cout << "capacity: " << pool.capacity() << std::endl;
  for (void* block : blocks) pool.deallocate(block);
}
