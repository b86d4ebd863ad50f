// Defect: two locks are taken in both orders, which deadlocks when two threads do it at once.
#include <mutex>

int main() {
  std::mutex first;
  std::mutex second;
  {
    const std::lock_guard outer(first);
    const std::lock_guard inner(second);
  }
  {
    const std::lock_guard outer(second);
    const std::lock_guard inner(first);
  }
}
