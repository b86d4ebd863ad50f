#pragma once
// Starts a thread per task and joins them all, also where the OS does not allow so many at once.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "subject.hpp"
#include "thread_limit.hpp"

namespace std_thread {

/// A thread that runs task(), or nothing when the OS refuses one more.
template <class Task>
[[nodiscard]] std::optional<std::jthread> try_start(Task&& task) {
  try {
    return std::jthread(std::forward<Task>(task));
  } catch (const std::system_error& error) {
    if (error.code() != std::errc::resource_unavailable_try_again) {
      throw;
    }
    return std::nullopt;
  }
}

/// Runs tasks as threads; where the OS refuses one more, it joins its oldest and goes on.
class TaskThreads {
 public:
  /// Starts a thread for each i in [first, last) that runs task(i), then joins them all.
  template <class Task>
  void run(std::uint64_t first, std::uint64_t last, const Task& task) {
    std::vector<std::jthread> threads;
    threads.reserve(last - first);
    std::size_t oldest = 0;
    for (std::uint64_t i = first; i < last && !refused_;) {
      if (std::optional<std::jthread> thread = try_start([&task, i] { task(i); })) {
        threads.push_back(*std::move(thread));
        ++i;
      } else if (oldest < threads.size()) {
        note_refusal();
        ++throttled_;
        join(threads[oldest++]);
      } else {
        note_refusal();
        refused_ = true;
      }
    }
    for (; oldest < threads.size(); ++oldest) {
      join(threads[oldest]);
    }
  }

  /// What became of all run() calls; `answer` is that of their tasks.
  [[nodiscard]] Outcome outcome(std::uint64_t answer) const {
    if (refused_) {
      return Unsupported{.reason = "the OS refuses even one thread beside main", .limit = limit_, .largest = joined_};
    }
    return Finished{.completed = joined_,
                    .answer = answer,
                    .throttled = throttled_,
                    .throttle_reason = throttled_ > 0 ? "the OS refused one more thread: " + limit_ : ""};
  }

 private:
  void join(std::jthread& thread) {
    thread.join();
    ++joined_;
  }

  void note_refusal() {
    if (limit_.empty()) {
      limit_ = nearest_thread_limit().text;
    }
  }

  std::uint64_t joined_ = 0;
  std::uint64_t throttled_ = 0;
  bool refused_ = false;
  std::string limit_;
};

} // namespace std_thread
