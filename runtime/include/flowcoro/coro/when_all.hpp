#pragma once
/// Waits for several coroutines at once and gives their results in the order of the arguments.
#include "flowcoro/coro/detail/join.hpp"
#include "flowcoro/coro/outcome.hpp"

#include <coroutine>
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace flowcoro {
namespace detail {

template <class T>
Regular<T> take_regular(Promise<T>& child) {
  if constexpr (std::is_void_v<T>) {
    child.take_result();
    return {};
  } else {
    return Regular<T>(child.take_result());
  }
}

template <class T>
Outcome<T> take_outcome(Promise<T>& child) {
  if (child.result_kind() != ResultKind::error) return Outcome<T>{take_regular(child)};
  std::exception_ptr error = child.error();
  child.drop_result();
  return Outcome<T>::failed(std::move(error));
}

/// Children of different types, as a tuple of tasks.
template <class... Children>
struct ChildTuple {
  std::tuple<Children...> tasks;

  static constexpr bool has_eager = (std::is_same_v<Children, Task<typename Children::value_type>> || ...);
  [[nodiscard]] static constexpr std::size_t size() noexcept { return sizeof...(Children); }
  template <class F>
  void for_each(F f) {
    std::apply([&f](auto&... task) { (f(task), ...); }, tasks);
  }
  auto results() {
    // The types are named, because std::tuple{x} of an x that is a tuple or a pair would be a copy of x.
    using Results = std::tuple<Regular<typename Children::value_type>...>;
    return std::apply([](auto&... task) { return Results{take_regular(*TaskAccess::promise(task))...}; }, tasks);
  }
  auto outcomes() {
    using Outcomes = std::tuple<Outcome<typename Children::value_type>...>;
    return std::apply([](auto&... task) { return Outcomes{take_outcome(*TaskAccess::promise(task))...}; }, tasks);
  }
};

/// Any number of children of one type.
template <class Child>
struct ChildVector {
  using T = typename Child::value_type;
  std::vector<Child> tasks;

  static constexpr bool has_eager = std::is_same_v<Child, Task<T>>;
  [[nodiscard]] std::size_t size() const noexcept { return tasks.size(); }
  template <class F>
  void for_each(F f) {
    for (Child& task : tasks) f(task);
  }
  auto results() {
    if constexpr (std::is_void_v<T>) {
      return;
    } else {
      std::vector<Regular<T>> all;
      all.reserve(tasks.size());
      for (Child& task : tasks) all.push_back(take_regular(*TaskAccess::promise(task)));
      return all;
    }
  }
  auto outcomes() {
    std::vector<Outcome<T>> all;
    all.reserve(tasks.size());
    for (Child& task : tasks) all.push_back(take_outcome(*TaskAccess::promise(task)));
    return all;
  }
};

/// Calls `f` for the children that are Tasks; the others end through the join's own stop state.
template <class Children>
struct EachTask {
  Children* children;
  template <class F>
  void operator()(F f) const {
    children->for_each([&f](auto& child) {
      using T = typename std::remove_reference_t<decltype(child)>::value_type;
      if constexpr (std::is_same_v<std::remove_reference_t<decltype(child)>, Task<T>>) f(child);
    });
  }
};

template <class Children>
void require_valid(Children& children) {
  bool valid = true;
  children.for_each([&valid](auto& child) { valid = valid && child.valid(); });
  if (!valid) throw NoResult{};
}

/// Suspends until every child has finished; what becomes of the results is the derived class's matter.
template <class Children>
class JoinAwaiter {
 public:
  JoinAwaiter(Children children, StopSiblings mode) : children_{std::move(children)}, join_{mode} {}

  [[nodiscard]] bool await_ready() const noexcept { return children_.size() == 0; }
  template <class P>
  [[nodiscard]] bool await_suspend(std::coroutine_handle<P> waiter) {
    require_valid(children_);
    if (std::exchange(awaited_, true)) throw NoResult{};
    join_.begin(waiter, children_.size());
    if constexpr (Children::has_eager) stop_tasks_.arm();
    children_.for_each([this](auto& child) noexcept { join_.add(child); });
    return join_.end();
  }

 protected:
  void finish() noexcept {
    if constexpr (Children::has_eager) stop_tasks_.disarm();
    join_.finish();
  }

  Children children_;
  Join join_;

 private:
  bool awaited_ = false;
  StopTasks<EachTask<Children>> stop_tasks_{join_.stop(), EachTask<Children>{&children_}};
};

template <class Children>
class [[nodiscard]] WhenAll : public JoinAwaiter<Children> {
 public:
  explicit WhenAll(Children children) : JoinAwaiter<Children>{std::move(children), StopSiblings::on_error} {}
  auto await_resume() {
    this->finish();
    ErrorChoice error;
    this->children_.for_each([&error](auto& child) { error.look_at(*TaskAccess::promise(child)); });
    error.rethrow_if_any();
    return this->children_.results();
  }
};

template <class Children>
class [[nodiscard]] WhenAllSettled : public JoinAwaiter<Children> {
 public:
  explicit WhenAllSettled(Children children) : JoinAwaiter<Children>{std::move(children), StopSiblings::never} {}
  auto await_resume() {
    this->finish();
    return this->children_.outcomes();
  }
};

template <class... A>
ChildTuple<ChildOf<A>...> child_tuple(A&&... awaitables) {
  return {std::tuple<ChildOf<A>...>{child_of(std::forward<A>(awaitables))...}};
}

} // namespace detail

/// Results as a tuple; void gives std::monostate, a reference std::reference_wrapper.
/// Lazy arguments start here, one after the other, each up to its first suspension; Tasks run already; other awaitables are
/// wrapped. When one throws, the others are asked to stop, all are joined, and the first error is rethrown.
/// Cancellation: passes the request on to every child and still joins them. Cost: no frame of its own, one counter.
template <class... A>
  requires(sizeof...(A) > 0 && (Awaitable<std::remove_cvref_t<A>> && ...))
[[nodiscard]] auto when_all(A&&... awaitables) {
  return detail::WhenAll{detail::child_tuple(std::forward<A>(awaitables)...)};
}

/// The same for any number of tasks; gives a vector in their order, or nothing for void.
template <class T, Start start, class Policy>
[[nodiscard]] auto when_all(std::vector<BasicTask<T, start, Policy>> tasks) {
  return detail::WhenAll{detail::ChildVector<BasicTask<T, start, Policy>>{std::move(tasks)}};
}

/// As when_all, but nobody is stopped and nothing is thrown: gives an Outcome for each.
template <class... A>
  requires(sizeof...(A) > 0 && (Awaitable<std::remove_cvref_t<A>> && ...))
[[nodiscard]] auto when_all_settled(A&&... awaitables) {
  return detail::WhenAllSettled{detail::child_tuple(std::forward<A>(awaitables)...)};
}
template <class T, Start start, class Policy>
[[nodiscard]] auto when_all_settled(std::vector<BasicTask<T, start, Policy>> tasks) {
  return detail::WhenAllSettled{detail::ChildVector<BasicTask<T, start, Policy>>{std::move(tasks)}};
}

} // namespace flowcoro
