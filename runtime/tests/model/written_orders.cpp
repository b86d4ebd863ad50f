#include "model/written_orders.hpp"

#include "flowcoro/base/assert.hpp"
#include "model/source_text.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace flowcoro::model {
namespace {

constexpr std::size_t npos = std::string_view::npos;

/// Where the expression begins that ends before `end`: names, calls and subscripts, joined by `.`, `->` and `::`.
[[nodiscard]] std::size_t begin_of_expression(std::string_view text, std::size_t end) {
  std::size_t at = end;
  for (;;) {
    while (at != 0 && (text[at - 1] == ')' || text[at - 1] == ']')) {
      std::size_t depth = 0;
      do {
        --at;
        if (text[at] == ')' || text[at] == ']') ++depth;
        if (text[at] == '(' || text[at] == '[') --depth;
      } while (depth != 0);
    }
    while (at != 0 && in_name(text[at - 1])) --at;
    const std::size_t begin = at;
    while (at != 0 && std::isspace(static_cast<unsigned char>(text[at - 1])) != 0) --at;
    const std::string_view before = text.substr(0, at);
    if (before.ends_with("->") || before.ends_with("::"))
      at -= 2;
    else if (before.ends_with('.'))
      at -= 1;
    else
      return begin;
  }
}

[[nodiscard]] WrittenOrder::Place place_of(std::string_view text, std::size_t at) {
  const std::string_view before = text.substr(0, at);
  const std::size_t line_begin = before.rfind('\n') + 1; // 0 on the first line
  return {static_cast<std::uint32_t>(1 + std::count(before.begin(), before.end(), '\n')),
          static_cast<std::uint32_t>(1 + at - line_begin)};
}

/// The function around `at`: one defined on its own begins in the first column, one in a class is indented by two.
[[nodiscard]] std::string function_around(std::string_view text, std::size_t at) {
  std::string_view inside_class;
  for (std::size_t end = at;;) {
    const std::size_t begin = text.rfind('\n', end - 1) + 1;
    FLOWCORO_ASSERT(begin != 0, "an operation is in no function");
    const std::string_view line = text.substr(begin, end - begin);
    const std::size_t indentation = line.find_first_not_of(' ');
    const bool is_class = line.starts_with("class ") || line.starts_with("struct ");
    const bool begins_one = indentation != npos && !is_class && line.find('(') != npos;
    if (indentation == 2 && begins_one && inside_class.empty()) inside_class = line;
    if (indentation == 0) {
      const std::string_view signature = begins_one ? line : inside_class;
      const std::size_t list = signature.find('(');
      FLOWCORO_ASSERT(list != npos, "an operation is in no function");
      std::size_t name = list;
      while (in_name(signature[name - 1])) --name;
      return std::string{signature.substr(name, list - name)};
    }
    end = begin - 1;
  }
}

/// What the operation is a member of, without what stands in brackets: `parked_`, `slot`.
[[nodiscard]] std::string object_of(std::string_view expression) {
  std::string object;
  std::size_t depth = 0;
  for (const char c : expression) {
    if (c == '(' || c == '[') ++depth;
    if (depth == 0 && std::isspace(static_cast<unsigned char>(c)) == 0) object += c;
    if (c == ')' || c == ']') --depth;
  }
  return object;
}

/// The orders among the arguments, not those of operations inside of them.
[[nodiscard]] std::vector<std::memory_order> orders_among(std::string_view arguments) {
  constexpr std::string_view prefix = "memory_order_";
  std::vector<std::memory_order> orders;
  std::size_t depth = 0;
  for (std::size_t at = 0; at != arguments.size(); ++at) {
    if (arguments[at] == '(') ++depth;
    if (arguments[at] == ')') --depth;
    if (depth != 1 || !arguments.substr(at).starts_with(prefix)) continue;
    const std::string_view rest = arguments.substr(at + prefix.size());
    for (const std::memory_order order :
         {std::memory_order_relaxed, std::memory_order_acquire, std::memory_order_release, std::memory_order_acq_rel,
          std::memory_order_seq_cst})
      if (rest.starts_with(name_of(order)) && !in_name(rest[name_of(order).size()])) orders.push_back(order);
  }
  return orders;
}

/// Which guarantees an order gives, as bits.
[[nodiscard]] constexpr unsigned guarantees(std::memory_order order) noexcept {
  switch (order) {
    case std::memory_order_acquire: return 1;
    case std::memory_order_release: return 2;
    case std::memory_order_acq_rel: return 3;
    case std::memory_order_seq_cst: return 7;
    default: return 0;
  }
}

} // namespace

std::vector<WrittenOrder> written_orders(std::string_view path) {
  const std::string text = source_text("include/" + std::string{path});
  std::vector<WrittenOrder> found;
  for (std::size_t point = text.find('.'); point != npos; point = text.find('.', point + 1)) {
    std::size_t end = point + 1;
    while (in_name(text[end])) ++end;
    if (text[end] != '(') continue;
    const std::string_view name{&text[point + 1], end - point - 1};
    for (int i = 0; i <= static_cast<int>(Operation::fetch_and); ++i) {
      const auto operation = static_cast<Operation>(i);
      if (name != name_of(operation)) continue;
      const std::string_view arguments{&text[end], behind_closing(text, end) - end};
      const std::vector<std::memory_order> orders = orders_among(arguments);
      const std::size_t begin = begin_of_expression(text, point);
      for (std::size_t part = 0; part != orders.size(); ++part) {
        if (orders[part] == std::memory_order_relaxed) continue;
        const Part which = orders.size() == 1 ? Part::only : part == 0 ? Part::success : Part::failure;
        WrittenOrder written{function_around(text, begin),
                             object_of(text.substr(begin, point - begin)),
                             operation,
                             which,
                             orders[part],
                             1,
                             place_of(text, begin),
                             place_of(text, end)};
        written.number += static_cast<std::size_t>(std::ranges::count_if(found, [&written](const WrittenOrder& other) {
          return other.function == written.function && other.object == written.object &&
                 other.operation == written.operation && other.part == written.part && other.order == written.order;
        }));
        found.push_back(std::move(written));
      }
    }
  }
  return found;
}

bool WrittenOrder::is_at(const Spot& spot) const noexcept {
  const auto same = [&spot](const Place& place) {
    return place.line == spot.where.line() && place.column == spot.where.column();
  };
  return spot.operation == operation && (same(begin) || same(arguments));
}

bool no_weaker(std::memory_order order, std::memory_order other) noexcept {
  return (guarantees(order) & guarantees(other)) == guarantees(other);
}

std::vector<std::memory_order> weaker(const WrittenOrder& written) {
  const bool loads_only = written.operation == Operation::load || written.part == Part::failure;
  const bool stores_only = written.operation == Operation::store;
  std::vector<std::memory_order> orders{std::memory_order_relaxed};
  if (!stores_only) orders.push_back(std::memory_order_acquire);
  if (!loads_only) orders.push_back(std::memory_order_release);
  if (!loads_only && !stores_only) orders.push_back(std::memory_order_acq_rel);
  std::erase_if(orders, [&written](std::memory_order order) {
    return order == written.order || !no_weaker(written.order, order);
  });
  return orders;
}

std::memory_order WeakenOne::order(const Spot& spot, Part part, std::memory_order written) {
  const bool here =
      part == written_.part && written_.is_at(spot) && std::string_view{spot.where.file_name()}.ends_with(path_);
  return here ? used_ : written;
}

std::memory_order NoteUses::order(const Spot& spot, Part part, std::memory_order written) {
  for (std::size_t i = 0; i < written_->size(); ++i)
    if (part == (*written_)[i].part && (*written_)[i].is_at(spot) &&
        std::string_view{spot.where.file_name()}.ends_with(path_))
      used_[i] = true;
  return written;
}

} // namespace flowcoro::model
