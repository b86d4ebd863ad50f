#pragma once
/// An atomic that need not be written to begin its life.
#include <atomic>
#include <type_traits>

namespace flowcoro {

/// A T in memory that nobody has touched yet: std::atomic<T> writes its value when it is constructed, so an array of them takes
/// memory from the system for every element, used or not. Until the first store() the value is indeterminate.
template <class T>
class AtomicSlot {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_default_constructible_v<T>);

 public:
  [[nodiscard]] T load(std::memory_order order) noexcept { return std::atomic_ref<T>{value_}.load(order); }
  void store(T value, std::memory_order order) noexcept { std::atomic_ref<T>{value_}.store(value, order); }

 private:
  alignas(std::atomic_ref<T>::required_alignment) T value_;
};
static_assert(std::is_trivially_default_constructible_v<AtomicSlot<void*>> &&
              sizeof(AtomicSlot<void*>) == sizeof(void*));

} // namespace flowcoro
