#pragma once
/// A coroutine that nothing of the library knows: it waits until somebody resumes its handle.
#include <atomic>
#include <coroutine>
#include <exception>

namespace flowcoro::test {

struct PlainPromise;
using PlainHandle = std::coroutine_handle<PlainPromise>;

struct PlainPromise {
  int value = 0;

  PlainHandle get_return_object() noexcept { return PlainHandle::from_promise(*this); }
  [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }
  [[nodiscard]] std::suspend_always final_suspend() const noexcept { return {}; }
  void return_void() const noexcept {}
  void unhandled_exception() const { throw; }
};

/// What a coroutine function returns to be one.
struct Plain {
  using promise_type = PlainPromise;
  Plain(PlainHandle made) noexcept : handle{made} {}
  PlainHandle handle;
};

/// Lives in a frame, and counts frames that are destroyed.
class InFrame {
 public:
  explicit InFrame(std::atomic<int>& destroyed) noexcept : destroyed_{destroyed} {}
  InFrame(const InFrame&) = delete;
  InFrame& operator=(const InFrame&) = delete;
  ~InFrame() { destroyed_.fetch_add(1); }

 private:
  std::atomic<int>& destroyed_;
};

/// Counts its resumes in `turns`, for ever.
inline Plain counts_turns(std::atomic<int>& turns, std::atomic<int>& destroyed) {
  const InFrame in_frame{destroyed};
  for (;;) {
    turns.fetch_add(1);
    co_await std::suspend_always{};
  }
}

} // namespace flowcoro::test
