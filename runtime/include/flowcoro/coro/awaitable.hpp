#pragma once
/// What can stand behind co_await, as concepts, and the type that comes out.
#include <concepts>
#include <coroutine>
#include <type_traits>
#include <utility>

namespace flowcoro {
namespace detail {

template <class T>
concept SuspendResult =
    std::same_as<T, void> || std::same_as<T, bool> || std::convertible_to<T, std::coroutine_handle<>>;

template <class A>
concept HasMemberCoAwait = requires(A&& a) { std::forward<A>(a).operator co_await(); };
template <class A>
concept HasFreeCoAwait = requires(A&& a) { operator co_await(std::forward<A>(a)); };

/// Whether it was meant to be awaited at all. Awaitable asks for the rest, with a promise type.
template <class A>
concept LooksAwaitable = HasMemberCoAwait<A> || HasFreeCoAwait<A> || requires(A& a) { a.await_ready(); };

template <class A>
decltype(auto) get_awaiter(A&& awaitable) {
  if constexpr (HasMemberCoAwait<A>)
    return std::forward<A>(awaitable).operator co_await();
  else if constexpr (HasFreeCoAwait<A>)
    return operator co_await(std::forward<A>(awaitable));
  else
    return std::forward<A>(awaitable);
}

/// The promise type that awaiters are checked against when none is given; awaiters may be templates over it.
struct AnyPromise {};

} // namespace detail

/// The three functions of [expr.await]. `Promise` is that of the coroutine that awaits.
template <class A, class Promise = detail::AnyPromise>
concept Awaiter = requires(A& a, std::coroutine_handle<Promise> h) {
  { a.await_ready() } -> std::convertible_to<bool>;
  { a.await_suspend(h) } -> detail::SuspendResult;
  a.await_resume();
};

/// An awaiter, or a type with operator co_await that gives one.
template <class A, class Promise = detail::AnyPromise>
concept Awaitable = requires(A&& a) {
  { detail::get_awaiter(std::forward<A>(a)) } -> Awaiter<Promise>;
};

template <Awaitable A>
using await_result_t = decltype(detail::get_awaiter(std::declval<A>()).await_resume());

} // namespace flowcoro
