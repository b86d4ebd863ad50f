#pragma once
/// An atomic operation as it stands in a source file, and the order that is used for it in place of the written one.
#include <atomic>
#include <cstdint>
#include <source_location>
#include <string_view>

namespace flowcoro::model {

enum class Operation : std::uint8_t {
  load,
  store,
  exchange,
  compare_exchange_weak,
  compare_exchange_strong,
  fetch_add,
  fetch_sub,
  fetch_or,
  fetch_and,
};
/// As the member of std::atomic is called.
[[nodiscard]] std::string_view name_of(Operation operation) noexcept;
[[nodiscard]] std::string_view name_of(std::memory_order order) noexcept;

/// A compare-exchange has two orders.
enum class Part : std::uint8_t { only, success, failure };

struct Spot {
  Operation operation;
  std::source_location where;
};

/// Asked for every order of every operation.
class OrderPolicy {
 public:
  virtual ~OrderPolicy() = default;
  [[nodiscard]] virtual std::memory_order order(const Spot& spot, Part part, std::memory_order written) = 0;
};

} // namespace flowcoro::model
