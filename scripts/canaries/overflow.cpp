// Defect: signed arithmetic leaves its range.
#include <limits>

int main(int count, char**) {
  const volatile int sum = std::numeric_limits<int>::max() + count;
  return sum == 0 ? 0 : 0;
}
