#pragma once
/// Result and message types that are hard on generic code: counted, move-only, throwing when moved, over-aligned.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <utility>

namespace flowcoro::test {

/// How often the Counted objects of one test were made and destroyed. Threads: any.
class Census {
 public:
  [[nodiscard]] long made() const noexcept { return made_.load(std::memory_order_acquire); }
  [[nodiscard]] long destroyed() const noexcept { return destroyed_.load(std::memory_order_acquire); }
  [[nodiscard]] long copies() const noexcept { return copies_.load(std::memory_order_acquire); }
  [[nodiscard]] long moves() const noexcept { return moves_.load(std::memory_order_acquire); }
  /// Negative when something was destroyed twice.
  [[nodiscard]] long alive() const noexcept { return made() - destroyed(); }

 private:
  friend class Counted;
  std::atomic<long> made_{0};
  std::atomic<long> destroyed_{0};
  std::atomic<long> copies_{0};
  std::atomic<long> moves_{0};
};

/// Reports its life to a Census that outlives it. Not default-constructible. A moved-from one has the value `moved_from`.
class Counted {
 public:
  static constexpr int moved_from = -1;

  explicit Counted(Census& census, int value = 0) noexcept : census_{&census}, value_{value} {
    census_->made_.fetch_add(1);
  }
  Counted(const Counted& other) noexcept : census_{other.census_}, value_{other.value_} {
    census_->made_.fetch_add(1);
    census_->copies_.fetch_add(1);
  }
  Counted(Counted&& other) noexcept : census_{other.census_}, value_{std::exchange(other.value_, moved_from)} {
    census_->made_.fetch_add(1);
    census_->moves_.fetch_add(1);
  }
  Counted& operator=(const Counted& other) noexcept {
    value_ = other.value_;
    census_->copies_.fetch_add(1);
    return *this;
  }
  Counted& operator=(Counted&& other) noexcept {
    if (this != &other) value_ = std::exchange(other.value_, moved_from);
    census_->moves_.fetch_add(1);
    return *this;
  }
  ~Counted() { census_->destroyed_.fetch_add(1); }

  [[nodiscard]] int value() const noexcept { return value_; }

 private:
  Census* census_;
  int value_;
};

/// Neither copyable nor default-constructible. A moved-from one has the value `moved_from`.
class MoveOnly {
 public:
  static constexpr int moved_from = -1;

  explicit MoveOnly(int value) noexcept : value_{value} {}
  MoveOnly(MoveOnly&& other) noexcept : value_{std::exchange(other.value_, moved_from)} {}
  MoveOnly& operator=(MoveOnly&& other) noexcept {
    if (this != &other) value_ = std::exchange(other.value_, moved_from);
    return *this;
  }
  ~MoveOnly() = default;

  [[nodiscard]] int value() const noexcept { return value_; }

 private:
  int value_;
};

class MoveFailed final : public std::runtime_error {
 public:
  MoveFailed() : std::runtime_error{"this value refuses to be moved"} {}
};

/// Move-only; its chain of moves throws MoveFailed after `good_moves` of them, and leaves the source as it was.
class ThrowingMove {
 public:
  explicit ThrowingMove(int value, int good_moves = 0) noexcept : value_{value}, good_moves_{good_moves} {}
  ThrowingMove(ThrowingMove&& other) : value_{other.value_}, good_moves_{other.good_moves_ - 1} {
    if (good_moves_ < 0) throw MoveFailed{};
  }
  ThrowingMove& operator=(ThrowingMove&& other) {
    if (other.good_moves_ == 0) throw MoveFailed{};
    value_ = other.value_;
    good_moves_ = other.good_moves_ - 1;
    return *this;
  }
  ~ThrowingMove() = default;

  [[nodiscard]] int value() const noexcept { return value_; }

 private:
  int value_;
  int good_moves_;
};

/// Needs more alignment than operator new gives by itself.
struct alignas(128) OverAligned {
  explicit OverAligned(int v) noexcept : value{v} {}
  int value;

  [[nodiscard]] bool is_aligned() const noexcept {
    auto address = reinterpret_cast<std::uintptr_t>(this);
    asm("" : "+r"(address)); // hides where it comes from: the compiler may take the alignment of `this` for granted
    return address % alignof(OverAligned) == 0;
  }
};

} // namespace flowcoro::test
