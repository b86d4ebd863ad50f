#pragma once
/// A coroutine that makes a sequence, one element each time it is asked: for loops and ranges, without waiting in between.
#include "flowcoro/base/assert.hpp"
#include "flowcoro/coro/detail/frame_operators.hpp"

#include <concepts>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <iterator>
#include <memory>
#include <new>
#include <ranges>
#include <type_traits>
#include <utility>

namespace flowcoro {

template <class T>
class Generator;

namespace detail {
template <class R>
struct ElementsOf {
  R range;
};
} // namespace detail

/// `co_yield elements_of(generator)`: all elements of another Generator<T>, or of a range, each without a detour through this one.
template <class R>
[[nodiscard]] detail::ElementsOf<R&&> elements_of(R&& range) noexcept {
  return {std::forward<R>(range)};
}

namespace detail {

/// What `*iterator` gives: a reference to what stands in co_yield. A Generator<T> of values gives T&&, so that elements can be moved
/// out of it, and a range-for by value costs one move.
template <class T>
using Yielded = std::conditional_t<std::is_reference_v<T>, T, T&&>;

/// The innermost of nested generators is resumed directly, however deep it is; the outermost one knows it.
template <class T>
class GeneratorPromise : public FrameOperators<> {
 public:
  using Handle = std::coroutine_handle<GeneratorPromise>;
  using Element = std::add_pointer_t<Yielded<T>>;

  GeneratorPromise() = default;
  GeneratorPromise(const GeneratorPromise&) = delete;
  GeneratorPromise& operator=(const GeneratorPromise&) = delete;

  Generator<T> get_return_object() noexcept;
  [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }

  struct FinalAwaiter {
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    [[nodiscard]] std::coroutine_handle<> await_suspend(Handle self) const noexcept {
      GeneratorPromise& promise = self.promise();
      if (promise.parent_ == nullptr) return std::noop_coroutine();
      promise.outermost_->innermost_ = promise.parent_;
      return promise.parent_;
    }
    void await_resume() const noexcept {}
  };
  [[nodiscard]] FinalAwaiter final_suspend() const noexcept { return {}; }

  /// What stands in co_yield lives until the next element is asked for.
  [[nodiscard]] std::suspend_always yield_value(Yielded<T> element) noexcept {
    outermost_->element_ = std::addressof(element);
    return {};
  }
  /// An lvalue is copied for a generator of values, which gives it away.
  struct CopyAwaiter {
    std::remove_cvref_t<T> copy;
    [[nodiscard]] bool await_ready() const noexcept { return false; }
    void await_suspend(Handle self) noexcept { self.promise().outermost_->element_ = std::addressof(copy); }
    void await_resume() const noexcept {}
  };
  [[nodiscard]] CopyAwaiter yield_value(const std::remove_reference_t<T>& element)
    requires(!std::is_reference_v<T> && std::copy_constructible<T>)
  {
    return CopyAwaiter{element};
  }

  class NestedAwaiter;
  [[nodiscard]] NestedAwaiter yield_value(ElementsOf<Generator<T>&&> nested) noexcept;
  [[nodiscard]] NestedAwaiter yield_value(ElementsOf<Generator<T>&> nested) noexcept;
  template <std::ranges::input_range R>
    requires std::convertible_to<std::ranges::range_reference_t<R>, Yielded<T>> ||
             (!std::is_reference_v<T> && std::constructible_from<T, std::ranges::range_reference_t<R>>)
  [[nodiscard]] NestedAwaiter yield_value(ElementsOf<R> nested);

  void return_void() const noexcept {}
  void unhandled_exception() {
    if (parent_ == nullptr) throw; // to whoever asked for the element
    error_ = std::current_exception();
  }
  /// There is nothing to wait for in here.
  template <class A>
  void await_transform(A&&) = delete;

  // The outermost one:

  /// Runs up to the next element.
  void advance() { innermost_.resume(); }
  [[nodiscard]] Element element() const noexcept { return element_; }

 private:
  [[nodiscard]] Handle self() noexcept { return Handle::from_promise(*this); }

  // Of the outermost one:
  Handle innermost_ = self();
  Element element_ = nullptr;
  // Of one that is nested:
  GeneratorPromise* outermost_ = this;
  Handle parent_ = nullptr;
  std::exception_ptr error_;
};

} // namespace detail

/// Move-only owner of the coroutine, and a view: an input range that can be gone through once. Starts with begin(). What the body
/// throws leaves through begin() or ++, and the sequence has ended then. It may be destroyed after any element: locals of the body are
/// destroyed with it. No co_await inside; AsyncGenerator has that. Threads: one at a time.
/// Cost of an element: one resume. Of one nested by elements_of(): the same at any depth; but to destroy it there takes stack for each
/// level.
/// T: a value gives T&&, made of what is yielded (lvalues are copied); a reference gives that reference, without a copy.
template <class T>
class [[nodiscard]] Generator : public std::ranges::view_interface<Generator<T>> {
 public:
  using promise_type = detail::GeneratorPromise<T>;
  class Iterator;

  Generator() = default;
  Generator(Generator&& other) noexcept : coroutine_{std::exchange(other.coroutine_, nullptr)} {}
  Generator& operator=(Generator&& other) noexcept {
    if (this != &other) {
      destroy();
      coroutine_ = std::exchange(other.coroutine_, nullptr);
    }
    return *this;
  }
  ~Generator() { destroy(); }

  /// Precondition: called once, on a generator that is not empty.
  [[nodiscard]] Iterator begin() {
    FLOWCORO_ASSERT(coroutine_ != nullptr && !coroutine_.done(),
                    "a Generator that is empty, moved from or at its end was asked for its elements");
    coroutine_.promise().advance();
    return Iterator{coroutine_};
  }
  [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

 private:
  friend promise_type;
  using Handle = typename promise_type::Handle;
  explicit Generator(Handle coroutine) noexcept : coroutine_{coroutine} {}

  void destroy() noexcept {
    if (coroutine_ != nullptr) coroutine_.destroy();
  }

  Handle coroutine_ = nullptr;
};

template <class T>
class Generator<T>::Iterator {
 public:
  using value_type = std::remove_cvref_t<T>;
  using difference_type = std::ptrdiff_t;
  using iterator_concept = std::input_iterator_tag;

  explicit Iterator(Handle coroutine) noexcept : coroutine_{coroutine} {}
  Iterator(Iterator&& other) noexcept : coroutine_{std::exchange(other.coroutine_, nullptr)} {}
  Iterator& operator=(Iterator&& other) noexcept {
    coroutine_ = std::exchange(other.coroutine_, nullptr);
    return *this;
  }
  ~Iterator() = default;

  [[nodiscard]] detail::Yielded<T> operator*() const noexcept {
    return static_cast<detail::Yielded<T>>(*coroutine_.promise().element());
  }
  Iterator& operator++() {
    coroutine_.promise().advance();
    return *this;
  }
  void operator++(int) { ++*this; }
  [[nodiscard]] friend bool operator==(const Iterator& iterator, std::default_sentinel_t) noexcept {
    return iterator.coroutine_.done();
  }

 private:
  Handle coroutine_;
};

namespace detail {

template <class T>
Generator<T> GeneratorPromise<T>::get_return_object() noexcept {
  return Generator<T>{self()};
}

/// The nested generator runs in the place of this one until it ends.
template <class T>
class GeneratorPromise<T>::NestedAwaiter {
 public:
  explicit NestedAwaiter(Generator<T>&& nested) noexcept : kept_{std::move(nested)}, nested_{kept_.coroutine_} {}
  explicit NestedAwaiter(Generator<T>& nested) noexcept : nested_{nested.coroutine_} {}

  [[nodiscard]] bool await_ready() const noexcept { return nested_ == nullptr || nested_.done(); }
  [[nodiscard]] std::coroutine_handle<> await_suspend(Handle parent) noexcept {
    GeneratorPromise& child = nested_.promise();
    child.parent_ = parent;
    child.outermost_ = parent.promise().outermost_;
    child.outermost_->innermost_ = nested_;
    return nested_;
  }
  void await_resume() {
    if (nested_ == nullptr) return;
    if (std::exception_ptr error = std::exchange(nested_.promise().error_, nullptr))
      std::rethrow_exception(std::move(error));
  }

 private:
  Generator<T> kept_;
  Handle nested_;
};

template <class T>
typename GeneratorPromise<T>::NestedAwaiter GeneratorPromise<T>::yield_value(
    ElementsOf<Generator<T>&&> nested) noexcept {
  return NestedAwaiter{std::move(nested.range)};
}
template <class T>
typename GeneratorPromise<T>::NestedAwaiter GeneratorPromise<T>::yield_value(
    ElementsOf<Generator<T>&> nested) noexcept {
  return NestedAwaiter{nested.range};
}

/// As in std::generator, a range that is no Generator becomes one.
template <class T, class R>
Generator<T> generate_from(std::ranges::iterator_t<R> first, std::ranges::sentinel_t<R> last) {
  for (; first != last; ++first) {
    if constexpr (std::is_reference_v<T>) {
      co_yield static_cast<Yielded<T>>(*first);
    } else {
      co_yield T(*first);
    }
  }
}

template <class T>
template <std::ranges::input_range R>
  requires std::convertible_to<std::ranges::range_reference_t<R>, Yielded<T>> ||
           (!std::is_reference_v<T> && std::constructible_from<T, std::ranges::range_reference_t<R>>)
typename GeneratorPromise<T>::NestedAwaiter GeneratorPromise<T>::yield_value(ElementsOf<R> nested) {
  return NestedAwaiter{generate_from<T, R>(std::ranges::begin(nested.range), std::ranges::end(nested.range))};
}

} // namespace detail

static_assert(std::ranges::input_range<Generator<int>> && std::ranges::view<Generator<int>>);

} // namespace flowcoro
