#pragma once
#include <cstddef>
#include <new>

namespace flowcoro::detail {

/// A T in static storage whose destructor never runs: `static NeverDestroyed<T> one;`. For what threads may still use while the
/// process ends. Unlike a leaked `new T` it needs no memory, and so cannot fail.
template <class T>
class NeverDestroyed {
 public:
  NeverDestroyed() { ::new (static_cast<void*>(storage_)) T; }
  NeverDestroyed(const NeverDestroyed&) = delete;
  NeverDestroyed& operator=(const NeverDestroyed&) = delete;

  [[nodiscard]] T& get() noexcept { return *std::launder(reinterpret_cast<T*>(storage_)); }

 private:
  alignas(T) std::byte storage_[sizeof(T)];
};

} // namespace flowcoro::detail
