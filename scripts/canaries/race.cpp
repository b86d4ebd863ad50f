// Defect: two threads add to one plain variable without an order between them.
#include <thread>

namespace {
int shared = 0;
void add() {
  for (int i = 0; i < 1000; ++i) shared = shared + 1;
}
} // namespace

int main() {
  std::thread other(add);
  add();
  other.join();
}
