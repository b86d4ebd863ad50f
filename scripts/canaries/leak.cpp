// Defect: the only pointer to an allocation is overwritten.
#include <cstddef>

namespace {
// Storing through a volatile pointer keeps the compiler from removing the allocation.
std::byte* volatile owner = nullptr;
} // namespace

int main() {
  owner = new std::byte[64];
  owner = nullptr;
}
