// Defect: an object is read after it was given back.
#include <memory>

int main() {
  auto owner = std::make_unique<int>(1);
  const volatile int* const borrowed = owner.get();
  owner.reset();
  return *borrowed == 1 ? 0 : 0;
}
