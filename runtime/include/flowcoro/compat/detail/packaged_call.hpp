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

/// Submits it to `pool`. \return the future of its result, or exception. Throws what the pool's submit() throws.
template <class Pool, class F, class... Args>
[[nodiscard]] auto submit_packaged(Pool& pool, F&& function, Args&&... args) {
  auto call = packaged_call(std::forward<F>(function), std::forward<Args>(args)...);
  auto result = call.get_future();
  pool.submit(std::move(call));
  return result;
}

} // namespace flowcoro::detail
