#pragma once
/// Waits for the first of several coroutines, stops the others and joins them.
#include "flowcoro/coro/when_all.hpp"

#include <cstddef>
#include <stdexcept>
#include <utility>
#include <variant>
#include <vector>

namespace flowcoro {

/// Which one was first, and what it gave. For a list of tasks Result is the value itself; for arguments of several types it
/// is a std::variant whose index() is `index`.
template <class Result>
struct First {
  std::size_t index;
  Result result;
};

namespace detail {

template <class Children>
class [[nodiscard]] WhenAny : public JoinAwaiter<Children> {
 public:
  explicit WhenAny(Children children) : JoinAwaiter<Children>{std::move(children), StopSiblings::on_first} {
    if (this->children_.size() == 0) throw std::invalid_argument{"when_any needs at least one task"};
  }

  auto await_resume() {
    this->finish();
    report_losers();
    return first_of(this->children_);
  }

 private:
  [[nodiscard]] bool is_first(const PromiseBase* child) const noexcept { return child == this->join_.first(); }

  void report_losers() {
    this->children_.for_each([this](auto& child) {
      auto& promise = *TaskAccess::promise(child);
      if (is_first(&promise)) return;
      if (promise.has_lost_error()) report_unhandled(promise.scheduler(), promise.error());
      promise.drop_result();
    });
  }

  template <class Child>
  auto first_of(ChildVector<Child>& children) {
    std::size_t index = 0;
    while (!is_first(TaskAccess::promise(children.tasks[index]))) ++index;
    return First<Regular<typename Child::value_type>>{index, take_regular(*TaskAccess::promise(children.tasks[index]))};
  }

  template <class... Child>
  auto first_of(ChildTuple<Child...>& children) {
    return pick<0, std::variant<Regular<typename Child::value_type>...>>(children);
  }
  template <std::size_t i, class Result, class Tuple>
  First<Result> pick(Tuple& children) {
    auto& promise = *TaskAccess::promise(std::get<i>(children.tasks));
    if constexpr (i + 1 < Tuple::size()) {
      if (!is_first(&promise)) return pick<i + 1, Result>(children);
    }
    return {i, Result{std::in_place_index<i>, take_regular(promise)}};
  }
};

} // namespace detail

/// The first to finish wins, by value or by exception (which is rethrown). The others are asked to stop and are joined
/// before this returns, so nothing is left behind; their late exceptions go to the runtime's handler.
/// Cancellation: passes the request on to every child and still joins them.
template <class... A>
  requires(sizeof...(A) > 0 && (Awaitable<std::remove_cvref_t<A>> && ...))
[[nodiscard]] auto when_any(A&&... awaitables) {
  return detail::WhenAny{detail::child_tuple(std::forward<A>(awaitables)...)};
}
/// Throws std::invalid_argument for an empty list.
template <class T, Start start, class Policy>
[[nodiscard]] auto when_any(std::vector<BasicTask<T, start, Policy>> tasks) {
  return detail::WhenAny{detail::ChildVector<BasicTask<T, start, Policy>>{std::move(tasks)}};
}

} // namespace flowcoro
