#pragma once
/// The memory orders that a header writes down, and explorations in which one of them is weaker.
#include "model/operation.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace flowcoro::model {

/// One order of one operation in the text of a header. Relaxed ones are left out: there is nothing weaker.
struct WrittenOrder {
  std::string function;
  std::string object; ///< what the operation is a member of: `head_`, `thief.tail_`
  Operation operation;
  Part part;
  std::memory_order order;
  std::size_t number = 1; ///< among those of the function that are the same so far

  /// Is this what the operation at `spot`, in the same header, has written?
  [[nodiscard]] bool is_at(const Spot& spot) const noexcept;

  struct Place {
    std::uint32_t line;
    std::uint32_t column;
  };
  // What compilers report as the place of a call differs: where the expression begins, or where its arguments do.
  Place begin;
  Place arguments;
};

/// \param path as in `#include`, below the library's include folder.
[[nodiscard]] std::vector<WrittenOrder> written_orders(std::string_view path);

/// Has each run that `order` allows been allowed by `other` already?
[[nodiscard]] bool no_weaker(std::memory_order order, std::memory_order other) noexcept;

/// The orders that are weaker than the written one and that its operation can have, the weakest first.
[[nodiscard]] std::vector<std::memory_order> weaker(const WrittenOrder& written);

/// Uses another order in the place of a written one.
class WeakenOne final : public OrderPolicy {
 public:
  WeakenOne(std::string_view path, const WrittenOrder& written, std::memory_order used)
      : path_{path}, written_{written}, used_{used} {}
  [[nodiscard]] std::memory_order order(const Spot& spot, Part part, std::memory_order written) override;

 private:
  const std::string_view path_;
  const WrittenOrder& written_;
  const std::memory_order used_;
};

/// Changes nothing, and notes which of the written orders are used.
class NoteUses final : public OrderPolicy {
 public:
  NoteUses(std::string_view path, const std::vector<WrittenOrder>& written)
      : path_{path}, written_{&written}, used_(written.size()) {}
  [[nodiscard]] std::memory_order order(const Spot& spot, Part part, std::memory_order written) override;
  [[nodiscard]] bool used(std::size_t i) const { return used_[i]; }

 private:
  std::string_view path_;
  const std::vector<WrittenOrder>* written_;
  std::vector<bool> used_;
};

} // namespace flowcoro::model
