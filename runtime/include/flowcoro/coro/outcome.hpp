#pragma once
/// How one coroutine ended: its value, or the exception that it threw.
#include "flowcoro/coro/detail/result_slot.hpp"
#include "flowcoro/coro/errors.hpp"

#include <exception>
#include <functional>
#include <type_traits>
#include <utility>
#include <variant>

namespace flowcoro {
namespace detail {

/// T as a member: void becomes std::monostate, a reference becomes std::reference_wrapper.
template <class T>
using Regular = std::conditional_t<
    std::is_void_v<T>, std::monostate,
    std::conditional_t<std::is_reference_v<T>, std::reference_wrapper<std::remove_reference_t<T>>, T>>;

} // namespace detail

/// One element of what when_all_settled gives.
template <class T>
class Outcome {
 public:
  explicit Outcome(detail::Regular<T> value) : content_{std::in_place_index<0>, std::move(value)} {}
  /// By name, because a T may be an exception_ptr itself.
  [[nodiscard]] static Outcome failed(std::exception_ptr error) {
    return Outcome{std::in_place_index<1>, std::move(error)};
  }

  [[nodiscard]] bool has_value() const noexcept { return content_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  /// Rethrows when there is an error instead.
  [[nodiscard]] detail::Regular<T>& value() & {
    if (!has_value()) std::rethrow_exception(std::get<1>(content_));
    return std::get<0>(content_);
  }
  [[nodiscard]] const detail::Regular<T>& value() const& {
    if (!has_value()) std::rethrow_exception(std::get<1>(content_));
    return std::get<0>(content_);
  }
  [[nodiscard]] detail::Regular<T> value() && {
    if (!has_value()) std::rethrow_exception(std::get<1>(content_));
    return std::get<0>(std::move(content_));
  }
  /// nullptr when there is a value.
  [[nodiscard]] std::exception_ptr error() const noexcept { return has_value() ? nullptr : std::get<1>(content_); }

 private:
  Outcome(std::in_place_index_t<1> failed, std::exception_ptr error) : content_{failed, std::move(error)} {}

  std::variant<detail::Regular<T>, std::exception_ptr> content_;
};

} // namespace flowcoro
