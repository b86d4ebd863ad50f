#pragma once
/// A call whose result somebody waits for.
#include <functional>
#include <future>
#include <tuple>
#include <type_traits>
#include <utility>

namespace flowcoro::detail {

/// Keeps copies of the function and its arguments.
template <class F, class... Args>
[[nodiscard]] auto packaged_call(F&& function, Args&&... args) {
  using R = std::invoke_result_t<std::decay_t<F>, std::decay_t<Args>...>;
  return std::packaged_task<R()>{
      [function = std::decay_t<F>(std::forward<F>(function)),
       args = std::tuple<std::decay_t<Args>...>(std::forward<Args>(args)...)]() mutable -> R {
        return std::apply(std::move(function), std::move(args));
      }};
}

} // namespace flowcoro::detail
