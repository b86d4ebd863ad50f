#pragma once
/// Waiting until another thread sleeps in the kernel, without guessing how long that takes.
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <thread>

namespace flowcoro::test {

/// A thread says who it is, and another waits until it sleeps. The watched thread must do nothing else that sleeps.
class Watched {
 public:
  /// Threads: the one to be watched, before it goes to sleep.
  void is_this_thread() noexcept { id_.store(gettid(), std::memory_order_release); }

  void wait_until_asleep() const {
    while (state() != 'S') std::this_thread::yield();
  }

 private:
  /// The letter that Linux shows for the thread, or 0 while nobody has called is_this_thread().
  [[nodiscard]] char state() const {
    const pid_t id = id_.load(std::memory_order_acquire);
    if (id == 0) return 0;
    char path[64];
    std::snprintf(path, sizeof path, "/proc/self/task/%d/stat", static_cast<int>(id));
    std::FILE* file = std::fopen(path, "re");
    if (file == nullptr) return 0;
    char letter = 0;
    // The name in parentheses is the program's, which has none of its own inside.
    if (std::fscanf(file, "%*d (%*[^)]) %c", &letter) != 1) letter = 0;
    std::fclose(file);
    return letter;
  }

  std::atomic<pid_t> id_{0};
};

} // namespace flowcoro::test
