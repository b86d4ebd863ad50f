#pragma once
/// A coroutine that makes a sequence, one element each time it is asked, and may wait in between.
#include "flowcoro/base/assert.hpp"
#include "flowcoro/coro/awaitable.hpp"
#include "flowcoro/coro/detail/frame_operators.hpp"
#include "flowcoro/coro/detail/promise.hpp"

#include <concepts>
#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace flowcoro {

template <class T>
class AsyncGenerator;

namespace detail {

/// What `co_await generator.next()` gives: an element, or nothing at the end.
template <class T>
using Next = std::conditional_t<std::is_reference_v<T>, std::remove_reference_t<T>*, std::optional<T>>;

/// To the scheduler it is a part of the coroutine that asks for an element, as an awaited Lazy is: it goes on where that one runs, and
/// a stop request for that one reaches it. Each next() may come from another coroutine.
template <class T>
class AsyncGeneratorPromise final : public PromiseBase, public FrameOperators<>, Continuation {
 public:
  using Handle = std::coroutine_handle<AsyncGeneratorPromise>;

  AsyncGeneratorPromise() noexcept : Continuation{&ended} {}

  AsyncGenerator<T> get_return_object() noexcept;
  [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }

  struct YieldAwaiter {
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    [[nodiscard]] std::coroutine_handle<> await_suspend(Handle self) const noexcept {
      return self.promise().hand_over();
    }
    void await_resume() const noexcept {}
  };
  /// Made in place, in the awaiter of next(). What that throws is thrown at the co_yield.
  template <class U = T>
    requires(!std::is_reference_v<T> && std::constructible_from<T, U &&>)
  [[nodiscard]] YieldAwaiter yield_value(U&& element) {
    next_->emplace(std::forward<U>(element));
    return {};
  }
  [[nodiscard]] YieldAwaiter yield_value(T element) noexcept
    requires(std::is_reference_v<T>)
  {
    *next_ = std::addressof(element);
    return {};
  }
  void return_void() const noexcept {}
  void unhandled_exception() noexcept { error_ = std::current_exception(); }

  // For PromiseBase; the exception of a generator always has a receiver.
  [[nodiscard]] bool has_lost_error() const noexcept { return false; }
  [[nodiscard]] std::exception_ptr error() const noexcept { return error_; }

  // For the generator and next():

  [[nodiscard]] bool running() const noexcept { return running_; }
  [[nodiscard]] bool at_end() const noexcept { return ended_; }

  /// Before it is resumed for `waiter`, which waits for what goes to `next`.
  template <class P>
  void begin(ResumeWaiter& waiter, Next<T>& next, std::coroutine_handle<P> asking) {
    FLOWCORO_ASSERT(!running_, "an AsyncGenerator was asked for two elements at the same time");
    running_ = true;
    waiter_ = &waiter;
    next_ = &next;
    waiter.set_waiter(asking);
    StopState* stop = stop_of(asking);
    if (stop == nullptr) stop = &nobody_;
    if (!std::exchange(started_, true)) {
      become_child(waiter.home, stop, *this);
      return;
    }
    // Nothing of it waits, so nobody looks at its stop state now.
    stop_state().forward_to(*stop);
    if constexpr (std::derived_from<P, PromiseBase>) follow(asking.promise());
  }
  void rethrow_error() {
    if (std::exception_ptr error = std::exchange(error_, nullptr)) std::rethrow_exception(std::move(error));
  }

 private:
  /// After it, the generator may be gone or asked for the next element.
  [[nodiscard]] std::coroutine_handle<> hand_over() noexcept {
    FLOWCORO_ASSERT(!counted(), "an AsyncGenerator went over to another runtime; resume_on() is for tasks");
    running_ = false;
    return waiter_->go_on();
  }
  static std::coroutine_handle<> ended(Continuation& self, PromiseBase&) noexcept {
    auto& promise = static_cast<AsyncGeneratorPromise&>(self);
    promise.ended_ = true;
    promise.running_ = false;
    return promise.waiter_->go_on();
  }

  ResumeWaiter* waiter_ = nullptr;
  Next<T>* next_ = nullptr;
  std::exception_ptr error_;
  StopState nobody_; // never stopped: where coroutines of other libraries ask
  bool started_ = false;
  bool running_ = false;
  bool ended_ = false;
};

} // namespace detail

/// `while (auto element = co_await generator.next()) use(*element);`
/// Move-only owner of the coroutine, which runs only while somebody waits for an element, on the scheduler of that one and as a part of
/// it: it inherits its stop requests, and what its body throws leaves through next(). The end comes after that, and stays.
/// It may be destroyed whenever nobody waits for an element, also halfway: locals of the body are destroyed with it. A coroutine that
/// waits cannot be destroyed, and that is checked.
/// Inside, this_task::stop_token() is that of the task that waits now; a copy is valid while that task lives. No resume_on().
/// T: a value, made in place of what is yielded, or a reference, for which next() gives a pointer. Threads: one at a time.
template <class T>
class [[nodiscard]] AsyncGenerator {
  static_assert(std::is_object_v<T> || std::is_lvalue_reference_v<T>, "the elements are objects or references to them");
  class NextAwaiter;

 public:
  using promise_type = detail::AsyncGeneratorPromise<T>;
  using value_type = T;

  AsyncGenerator() = default;
  AsyncGenerator(AsyncGenerator&& other) noexcept : coroutine_{std::exchange(other.coroutine_, nullptr)} {}
  AsyncGenerator& operator=(AsyncGenerator&& other) noexcept {
    if (this != &other) {
      destroy();
      coroutine_ = std::exchange(other.coroutine_, nullptr);
    }
    return *this;
  }
  ~AsyncGenerator() { destroy(); }

  /// The next element: std::optional<T>, or T* for a reference; empty at the end, and for an empty generator.
  /// Precondition: nobody else waits for an element. Allocates: no.
  /// Cancellation: a stop request ends the wait inside the generator, which handles OperationCancelled or ends with it.
  /// Cost: two transfers, no queue, unless the generator waits.
  [[nodiscard]] NextAwaiter next() noexcept { return NextAwaiter{coroutine_}; }

 private:
  friend promise_type;
  explicit AsyncGenerator(typename promise_type::Handle coroutine) noexcept : coroutine_{coroutine} {}

  void destroy() noexcept {
    if (coroutine_ == nullptr) return;
    FLOWCORO_ASSERT(!coroutine_.promise().running(), "an AsyncGenerator was destroyed while it was running or waiting");
    coroutine_.destroy();
  }

  typename promise_type::Handle coroutine_ = nullptr;
};

template <class T>
class [[nodiscard]] AsyncGenerator<T>::NextAwaiter {
 public:
  explicit NextAwaiter(typename promise_type::Handle coroutine) noexcept : coroutine_{coroutine} {}

  [[nodiscard]] bool await_ready() const noexcept { return coroutine_ == nullptr || coroutine_.promise().at_end(); }
  template <class P>
  [[nodiscard]] std::coroutine_handle<> await_suspend(std::coroutine_handle<P> asking) {
    coroutine_.promise().begin(waiter_, element_, asking);
    return coroutine_;
  }
  [[nodiscard]] detail::Next<T> await_resume() {
    if (coroutine_ != nullptr) coroutine_.promise().rethrow_error();
    return std::move(element_);
  }

 private:
  typename promise_type::Handle coroutine_;
  detail::Next<T> element_{};
  detail::ResumeWaiter waiter_;
};

namespace detail {
template <class T>
AsyncGenerator<T> AsyncGeneratorPromise<T>::get_return_object() noexcept {
  return AsyncGenerator<T>{Handle::from_promise(*this)};
}
} // namespace detail

static_assert(Awaiter<decltype(std::declval<AsyncGenerator<int>&>().next())>);

} // namespace flowcoro
