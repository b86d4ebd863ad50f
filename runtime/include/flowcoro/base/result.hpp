#pragma once
/// A value or the reason why there is none, for failures that are expected.
#include "flowcoro/base/assert.hpp"

#include <concepts>
#include <exception>
#include <functional>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <variant>

namespace flowcoro {

/// Thrown by value_or_throw() for an error that is no exception itself.
class ResultIsError final : public std::runtime_error {
 public:
  ResultIsError() : std::runtime_error{"value_or_throw() of a result that is an error"} {}
};

template <class T, class E = std::exception_ptr>
class Result;

namespace detail {

struct OkTag {};
struct ErrTag {};
/// What Ok() and Err() give: it becomes any Result that can hold the value on that side. void holds nothing.
template <class Side, class V>
struct [[nodiscard]] ResultSide {
  V value;
};
template <class Side>
struct [[nodiscard]] ResultSide<Side, void> {};

template <class T>
using ResultPart = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

template <class R>
inline constexpr bool is_result = false;
template <class T, class E>
inline constexpr bool is_result<Result<T, E>> = true;

template <class F, class Part>
concept CalledWithNothing = std::is_same_v<std::remove_cvref_t<Part>, std::monostate> && std::invocable<F>;
template <class F, class Part>
struct ResultOfCall : std::invoke_result<F, Part> {};
template <class F, class Part>
  requires CalledWithNothing<F, Part>
struct ResultOfCall<F, Part> : std::invoke_result<F> {};
template <class F, class Part>
using CallWith = typename ResultOfCall<F, Part>::type;

/// Calls `f` with the value of one side, where that has one.
template <class F, class Part>
constexpr CallWith<F, Part> call_with(F&& f, Part&& part) {
  if constexpr (CalledWithNothing<F, Part>)
    return std::invoke(std::forward<F>(f));
  else
    return std::invoke(std::forward<F>(f), std::forward<Part>(part));
}

} // namespace detail

// NOLINTBEGIN(readability-identifier-naming): the names that the field has for these two
/// `return Ok(42);`, and `return Ok();` for a Result<void, E>.
template <class V>
constexpr detail::ResultSide<detail::OkTag, std::decay_t<V>> Ok(V&& value) {
  return {std::forward<V>(value)};
}
constexpr detail::ResultSide<detail::OkTag, void> Ok() noexcept { return {}; }
/// `return Err("no such file");`, and `return Err();` for a Result<T, void>.
template <class V>
constexpr detail::ResultSide<detail::ErrTag, std::decay_t<V>> Err(V&& error) {
  return {std::forward<V>(error)};
}
constexpr detail::ResultSide<detail::ErrTag, void> Err() noexcept { return {}; }
// NOLINTEND(readability-identifier-naming)

/// Which side it is on is an index, so T may be E. Either may be void or move-only. Copies and moves are trivial where those of T and
/// of E are. An assignment that throws leaves a result that is neither, and may only be assigned to or destroyed.
/// Preconditions are checked: unwrap() of an error, and unwrap_err() of a value, abort; value_or_throw() throws.
template <class T, class E>
class [[nodiscard]] Result {
  static_assert(!std::is_reference_v<T> && !std::is_reference_v<E>, "use a pointer or std::reference_wrapper");
  using Value = detail::ResultPart<T>;
  using Error = detail::ResultPart<E>;

 public:
  using value_type = T;
  using error_type = E;

  template <class V>
    requires std::constructible_from<Value, V&&>
  constexpr Result(detail::ResultSide<detail::OkTag, V> ok)
      : content_{std::in_place_index<0>, std::forward<V>(ok.value)} {}
  constexpr Result(detail::ResultSide<detail::OkTag, void>)
    requires std::is_void_v<T>
      : content_{std::in_place_index<0>} {}
  template <class V>
    requires std::constructible_from<Error, V&&>
  constexpr Result(detail::ResultSide<detail::ErrTag, V> err)
      : content_{std::in_place_index<1>, std::forward<V>(err.value)} {}
  constexpr Result(detail::ResultSide<detail::ErrTag, void>)
    requires std::is_void_v<E>
      : content_{std::in_place_index<1>} {}

  [[nodiscard]] constexpr bool is_ok() const noexcept { return content_.index() == 0; }
  [[nodiscard]] constexpr bool is_err() const noexcept { return content_.index() == 1; }
  constexpr explicit operator bool() const noexcept { return is_ok(); }

  /// The value. Of an rvalue it is moved out. Precondition: is_ok().
  [[nodiscard]] constexpr std::add_lvalue_reference_t<T> unwrap() & { return value_of(*this); }
  [[nodiscard]] constexpr std::add_lvalue_reference_t<const T> unwrap() const& { return value_of(*this); }
  [[nodiscard]] constexpr T unwrap() && {
    if constexpr (std::is_void_v<T>)
      value_of(*this);
    else
      return std::move(value_of(*this));
  }
  /// The error. Precondition: is_err().
  [[nodiscard]] constexpr std::add_lvalue_reference_t<E> unwrap_err() & { return error_of(*this); }
  [[nodiscard]] constexpr std::add_lvalue_reference_t<const E> unwrap_err() const& { return error_of(*this); }
  [[nodiscard]] constexpr E unwrap_err() && {
    if constexpr (std::is_void_v<E>)
      error_of(*this);
    else
      return std::move(error_of(*this));
  }

  template <class U>
    requires(!std::is_void_v<T> && std::convertible_to<U &&, T>)
  [[nodiscard]] constexpr T unwrap_or(U&& otherwise) const& {
    return is_ok() ? value_of(*this) : static_cast<T>(std::forward<U>(otherwise));
  }
  template <class U>
    requires(!std::is_void_v<T> && std::convertible_to<U &&, T>)
  [[nodiscard]] constexpr T unwrap_or(U&& otherwise) && {
    return is_ok() ? std::move(value_of(*this)) : static_cast<T>(std::forward<U>(otherwise));
  }

  /// The value, or the error as an exception: an exception_ptr is rethrown, an exception thrown, for anything else it is ResultIsError.
  constexpr T value_or_throw() && {
    if (!is_ok()) throw_error();
    return std::move(*this).unwrap();
  }
  constexpr T value_or_throw() const& {
    if (!is_ok()) throw_error();
    return unwrap();
  }

  /// `f` of the value as the value of another result, with the same error. `f` may give void.
  template <class F>
  constexpr auto map(F&& f) const& {
    return map_value(*this, std::forward<F>(f));
  }
  template <class F>
  constexpr auto map(F&& f) && {
    return map_value(std::move(*this), std::forward<F>(f));
  }
  /// `f` of the error as the error of another result, with the same value.
  template <class F>
  constexpr auto map_err(F&& f) const& {
    return map_error(*this, std::forward<F>(f));
  }
  template <class F>
  constexpr auto map_err(F&& f) && {
    return map_error(std::move(*this), std::forward<F>(f));
  }
  /// `f` of the value, which gives a Result with the same error type; an error stays one.
  template <class F>
  constexpr auto and_then(F&& f) const& {
    return then(*this, std::forward<F>(f));
  }
  template <class F>
  constexpr auto and_then(F&& f) && {
    return then(std::move(*this), std::forward<F>(f));
  }

  friend constexpr bool operator==(const Result& a, const Result& b)
    requires(std::equality_comparable<Value> && std::equality_comparable<Error>)
  {
    return a.content_ == b.content_;
  }

 private:
  template <class, class>
  friend class Result;

  template <std::size_t index, class V>
  constexpr Result(std::in_place_index_t<index> side, V&& part) : content_{side, std::forward<V>(part)} {}

  template <class Self>
  static constexpr auto value_of(Self& self) -> decltype(auto) {
    FLOWCORO_ASSERT(self.is_ok(), "unwrap() of a result that is an error");
    if constexpr (!std::is_void_v<T>) return (std::get<0>(self.content_));
  }
  template <class Self>
  static constexpr auto error_of(Self& self) -> decltype(auto) {
    FLOWCORO_ASSERT(self.is_err(), "unwrap_err() of a result that is a value");
    if constexpr (!std::is_void_v<E>) return (std::get<1>(self.content_));
  }

  // The part of one side as the result has it: std::monostate for void.
  template <std::size_t index, class Self>
  static constexpr decltype(auto) part(Self&& self) {
    return std::get<index>(std::forward<Self>(self).content_);
  }

  template <class Self, class F>
  static constexpr auto map_value(Self&& self, F&& f) {
    using U = std::remove_cvref_t<detail::CallWith<F, decltype(part<0>(std::forward<Self>(self)))>>;
    using Mapped = Result<U, E>;
    if (!self.is_ok()) return Mapped{std::in_place_index<1>, part<1>(std::forward<Self>(self))};
    if constexpr (std::is_void_v<U>) {
      detail::call_with(std::forward<F>(f), part<0>(std::forward<Self>(self)));
      return Mapped{Ok()};
    } else {
      return Mapped{std::in_place_index<0>, detail::call_with(std::forward<F>(f), part<0>(std::forward<Self>(self)))};
    }
  }
  template <class Self, class F>
  static constexpr auto map_error(Self&& self, F&& f) {
    using U = std::remove_cvref_t<detail::CallWith<F, decltype(part<1>(std::forward<Self>(self)))>>;
    using Mapped = Result<T, U>;
    if (self.is_ok()) return Mapped{std::in_place_index<0>, part<0>(std::forward<Self>(self))};
    if constexpr (std::is_void_v<U>) {
      detail::call_with(std::forward<F>(f), part<1>(std::forward<Self>(self)));
      return Mapped{Err()};
    } else {
      return Mapped{std::in_place_index<1>, detail::call_with(std::forward<F>(f), part<1>(std::forward<Self>(self)))};
    }
  }
  template <class Self, class F>
  static constexpr auto then(Self&& self, F&& f) {
    using Next = std::remove_cvref_t<detail::CallWith<F, decltype(part<0>(std::forward<Self>(self)))>>;
    static_assert(detail::is_result<Next>,
                  "and_then() takes a function that gives a Result; for another value use map()");
    if (!self.is_ok()) return Next{std::in_place_index<1>, part<1>(std::forward<Self>(self))};
    return Next{detail::call_with(std::forward<F>(f), part<0>(std::forward<Self>(self)))};
  }

  [[noreturn]] void throw_error() const {
    if constexpr (std::is_same_v<E, std::exception_ptr>)
      std::rethrow_exception(error_of(*this));
    else if constexpr (std::is_base_of_v<std::exception, Error>)
      throw Error(error_of(*this));
    else
      throw ResultIsError{};
  }

  std::variant<Value, Error> content_;
};

static_assert(std::is_trivially_copyable_v<Result<int, int>> && std::is_trivially_destructible_v<Result<void, char>>);

} // namespace flowcoro

#define FLOWCORO_DETAIL_PASTE(a, b) a##b
#define FLOWCORO_DETAIL_JOIN(a, b) FLOWCORO_DETAIL_PASTE(a, b)
#define FLOWCORO_DETAIL_TRY(result, leave, declaration, ...)                    \
  auto result = (__VA_ARGS__);                                                  \
  if (result.is_err()) leave ::flowcoro::detail::take_error(std::move(result)); \
  declaration = std::move(result).unwrap()

namespace flowcoro::detail {
/// The error of `result`, for a Result with another value.
template <class T, class E>
constexpr auto take_error(Result<T, E>&& result) {
  if constexpr (std::is_void_v<E>)
    return Err();
  else
    return Err(std::move(result).unwrap_err());
}
} // namespace flowcoro::detail

/// `FLOWCORO_TRY(auto page, load(url));` declares `page` with the value, or returns the error from the function, which gives a Result
/// with that error type. FLOWCORO_CO_TRY is for coroutines: `FLOWCORO_CO_TRY(auto page, co_await loading);`. Two statements and more:
/// inside braces only. For results without a value, ..._VOID(expression).
#define FLOWCORO_TRY(declaration, ...) \
  FLOWCORO_DETAIL_TRY(FLOWCORO_DETAIL_JOIN(flowcoro_result_, __LINE__), return, declaration, __VA_ARGS__)
#define FLOWCORO_CO_TRY(declaration, ...) \
  FLOWCORO_DETAIL_TRY(FLOWCORO_DETAIL_JOIN(flowcoro_result_, __LINE__), co_return, declaration, __VA_ARGS__)
#define FLOWCORO_TRY_VOID(...)                                        \
  if (auto flowcoro_result = (__VA_ARGS__); flowcoro_result.is_err()) \
  return ::flowcoro::detail::take_error(std::move(flowcoro_result))
#define FLOWCORO_CO_TRY_VOID(...)                                     \
  if (auto flowcoro_result = (__VA_ARGS__); flowcoro_result.is_err()) \
  co_return ::flowcoro::detail::take_error(std::move(flowcoro_result))
