#pragma once
/// Where a coroutine leaves its value or its exception: one union, no default construction of T.
#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace flowcoro::detail {

enum class ResultKind : std::uint8_t { none, value, error };

/// How a T lies in the slot. Frames are aligned for operator new only, so an over-aligned T gets memory of its own.
template <class T>
struct Stored {
  static constexpr bool boxed = alignof(T) > __STDCPP_DEFAULT_NEW_ALIGNMENT__;
  using type = std::conditional_t<boxed, std::unique_ptr<T>, T>;

  template <class U>
  static type* make(void* where, U&& value) {
    if constexpr (boxed)
      return ::new (where) type{std::make_unique<T>(std::forward<U>(value))};
    else
      return ::new (where) type(std::forward<U>(value));
  }
  static T& get(type& stored) noexcept {
    if constexpr (boxed)
      return *stored;
    else
      return stored;
  }
};
template <class T>
struct Stored<T&> {
  using type = T*;
  static type* make(void* where, T& value) { return ::new (where) type{std::addressof(value)}; }
  static T& get(type stored) noexcept { return *stored; }
};
template <>
struct Stored<void> {
  struct type {};
  static type* make(void* where) { return ::new (where) type{}; }
  static void get(type) noexcept {}
};

/// Storage of one result. The kind is kept by the promise, which has a spare byte for it.
template <class T>
class ResultSlot {
 public:
  using Value = typename Stored<T>::type;

  ResultSlot() noexcept {}
  ResultSlot(const ResultSlot&) = delete;
  ResultSlot& operator=(const ResultSlot&) = delete;
  ~ResultSlot() {}

  template <class... U>
  void set_value(ResultKind& kind, U&&... value) {
    Stored<T>::make(&value_, std::forward<U>(value)...);
    kind = ResultKind::value;
  }
  void set_error(ResultKind& kind, std::exception_ptr error) noexcept {
    // return_value may have stored a value before a later destructor of the coroutine's locals threw.
    clear(kind);
    ::new (static_cast<void*>(&error_)) std::exception_ptr{std::move(error)};
    kind = ResultKind::error;
  }

  /// Moves the value out, or rethrows. The slot is empty afterwards either way.
  T take(ResultKind& kind) {
    struct Clear {
      ResultSlot& slot;
      ResultKind& kind;
      ~Clear() { slot.clear(kind); }
    } clear_after{*this, kind};
    if (kind == ResultKind::error) std::rethrow_exception(std::move(error_));
    if constexpr (std::is_void_v<T>)
      return;
    else if constexpr (std::is_reference_v<T>)
      return Stored<T>::get(value_);
    else
      return std::move(Stored<T>::get(value_));
  }

  /// The value in place; only while the kind is `value`.
  [[nodiscard]] decltype(auto) get() noexcept { return Stored<T>::get(value_); }
  [[nodiscard]] const std::exception_ptr& error() const noexcept { return error_; }

  void clear(ResultKind& kind) noexcept {
    if (kind == ResultKind::value)
      std::destroy_at(&value_);
    else if (kind == ResultKind::error)
      std::destroy_at(&error_);
    kind = ResultKind::none;
  }

 private:
  union {
    Value value_;
    std::exception_ptr error_;
  };
};

} // namespace flowcoro::detail
