#pragma once
/// Atomics and plain variables of a program that is explored, with the interface of the machine's own.
#include "flowcoro/base/time.hpp"
#include "model/machine.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <source_location>
#include <type_traits>

namespace flowcoro::model {

template <class T>
class Atomic {
  struct Box {
    T value;
  };
  static_assert(std::is_scalar_v<T> && sizeof(Box) <= sizeof(Bits));
  using Here = std::source_location;
  using Order = std::memory_order;

 public:
  Atomic() noexcept : Atomic{T{}} {}
  Atomic(T initial) noexcept : location_{this_machine().construct(bits(initial))} {}
  Atomic(const Atomic&) = delete;
  Atomic& operator=(const Atomic&) = delete;
  ~Atomic() { this_machine().destroy(location_); }

  [[nodiscard]] T load(Order order = Order::seq_cst, Here where = Here::current()) const noexcept {
    return value(this_machine().load(location_, order, {Operation::load, where}));
  }
  void store(T desired, Order order = Order::seq_cst, Here where = Here::current()) noexcept {
    this_machine().store(location_, bits(desired), order, {Operation::store, where});
  }
  T exchange(T desired, Order order = Order::seq_cst, Here where = Here::current()) noexcept {
    return modify<[](T, T operand) { return operand; }>(desired, order, {Operation::exchange, where});
  }
  [[nodiscard]] bool compare_exchange_weak(T& expected, T desired, Order success, Order failure,
                                           Here where = Here::current()) noexcept {
    return compare_exchange(expected, desired, success, failure, {Operation::compare_exchange_weak, where});
  }
  /// With one order; a failure takes what is left of it without the release.
  [[nodiscard]] bool compare_exchange_weak(T& expected, T desired, Order order = Order::seq_cst,
                                           Here where = Here::current()) noexcept {
    return compare_exchange(expected, desired, order, std::nullopt, {Operation::compare_exchange_weak, where});
  }
  [[nodiscard]] bool compare_exchange_strong(T& expected, T desired, Order order = Order::seq_cst,
                                             Here where = Here::current()) noexcept {
    return compare_exchange(expected, desired, order, std::nullopt, {Operation::compare_exchange_strong, where});
  }
  [[nodiscard]] bool compare_exchange_strong(T& expected, T desired, Order success, Order failure,
                                             Here where = Here::current()) noexcept {
    return compare_exchange(expected, desired, success, failure, {Operation::compare_exchange_strong, where});
  }
  T fetch_add(T operand, Order order = Order::seq_cst, Here where = Here::current()) noexcept {
    return modify<[](T old, T by) { return static_cast<T>(old + by); }>(operand, order, {Operation::fetch_add, where});
  }
  T fetch_sub(T operand, Order order = Order::seq_cst, Here where = Here::current()) noexcept {
    return modify<[](T old, T by) { return static_cast<T>(old - by); }>(operand, order, {Operation::fetch_sub, where});
  }
  T fetch_or(T operand, Order order = Order::seq_cst, Here where = Here::current()) noexcept {
    return modify<[](T old, T set) { return static_cast<T>(old | set); }>(operand, order, {Operation::fetch_or, where});
  }
  T fetch_and(T operand, Order order = Order::seq_cst, Here where = Here::current()) noexcept {
    return modify<[](T old, T of) { return static_cast<T>(old & of); }>(operand, order, {Operation::fetch_and, where});
  }

  [[nodiscard]] LocationId location() const noexcept { return location_; }

 private:
  template <auto change>
  T modify(T operand, Order order, const Spot& spot) noexcept {
    const auto on_bits = [](Bits old, Bits by) { return bits(change(value(old), value(by))); };
    return value(this_machine().modify(location_, on_bits, bits(operand), order, spot));
  }
  bool compare_exchange(T& expected, T desired, Order success, std::optional<Order> failure,
                        const Spot& spot) noexcept {
    Bits found = bits(expected);
    const bool exchanged = this_machine().compare_exchange(location_, found, bits(desired), success, failure, spot);
    expected = value(found);
    return exchanged;
  }
  [[nodiscard]] static Bits bits(T of) noexcept {
    const Box box{of};
    Bits result = 0;
    std::memcpy(&result, &box, sizeof box);
    return result;
  }
  [[nodiscard]] static T value(Bits of) noexcept {
    Box box;
    std::memcpy(&box, &of, sizeof box);
    return box.value;
  }

  LocationId location_;
};

/// A variable that no two threads may use at the same time: an access that another one, of which one writes, does not happen
/// before is a data race.
template <class T>
class Plain {
 public:
  Plain() noexcept : Plain{T{}} {}
  Plain(T initial) noexcept : value_{initial}, written_{this_machine().now()} {}
  Plain(const Plain&) = delete;
  Plain& operator=(const Plain& other) noexcept { return *this = static_cast<T>(other); }
  /// The memory is used for something else then.
  ~Plain() { about_to_write(); }

  operator T() const noexcept {
    about_to_read();
    return value_;
  }
  Plain& operator=(T desired) noexcept {
    about_to_write();
    value_ = desired;
    return *this;
  }
  [[nodiscard]] T operator->() const noexcept
    requires std::is_pointer_v<T>
  {
    return *this;
  }

 private:
  void about_to_read() const noexcept {
    Machine& machine = this_machine();
    if (!machine.happened_before(written_))
      machine.fail(Verdict::data_race,
                   "a plain variable is read, and its last write by another thread does not happen before");
    const Moment now = machine.now();
    read_[now.thread] = now.time;
  }
  void about_to_write() noexcept {
    Machine& machine = this_machine();
    if (!machine.happened_before(written_))
      machine.fail(Verdict::data_race,
                   "a plain variable is written, and its last write by another thread does not happen before");
    for (std::size_t thread = 0; thread < max_threads; ++thread)
      if (!machine.happened_before({static_cast<ThreadId>(thread), read_[thread]}))
        machine.fail(Verdict::data_race,
                     "a plain variable is written, and a read by another thread does not happen before");
    written_ = machine.now();
  }

  T value_;
  Moment written_;
  mutable std::array<std::uint16_t, max_threads> read_{};
};

/// In the place of StdAtomics.
struct ModelAtomics {
  template <class T>
  using Atomic = model::Atomic<T>;
  template <class T>
  using Slot = model::Atomic<T>;
  template <class T>
  using Plain = model::Plain<T>;
  struct SpinWait {
    void once() noexcept { yield(); }
  };
  /// The system clears pages at some moment after the call, and tells all CPUs.
  template <class T>
  static void discard(Atomic<T>* slots, std::size_t count) noexcept {
    for (std::size_t i = 0; i < count; ++i) slots[i].store(T{}, std::memory_order_release);
  }
  [[nodiscard]] static const void* this_thread() noexcept { return this_machine().identity(); }
  /// Ends an object's life, and keeps its memory for longer than a run takes: a use of it is a failed check, and not a crash.
  template <class T>
  static void dispose(T* object) noexcept {
    static_assert(alignof(T) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);
    std::destroy_at(object);
    static std::array<std::unique_ptr<T, RawMemory>, 256> kept;
    static std::size_t next = 0;
    kept[next++ % kept.size()].reset(object);
  }

 private:
  struct RawMemory {
    void operator()(void* memory) const noexcept { ::operator delete(memory); }
  };
};

// In the place of those in flowcoro/park/futex.hpp. A waiter with any deadline may find that it has passed.

inline bool futex_wait(const Atomic<std::uint32_t>& word, std::uint32_t expected,
                       SteadyTime deadline = no_deadline) noexcept {
  return this_machine().futex_wait(word.location(), expected, deadline != no_deadline);
}
inline void futex_wake_one(const Atomic<std::uint32_t>* word) noexcept {
  this_machine().futex_wake(word->location(), false);
}
inline void futex_wake_all(const Atomic<std::uint32_t>* word) noexcept {
  this_machine().futex_wake(word->location(), true);
}

} // namespace flowcoro::model
