#pragma once
/// What a reader is told that a task waits for: the name of the awaiter's type, without what he need not know.
#include <array>
#include <cstddef>
#include <string_view>

namespace flowcoro::detail {

template <class A>
[[nodiscard]] consteval std::string_view compilers_name() {
  const std::string_view function = __PRETTY_FUNCTION__;
  const std::size_t begin = function.find("A = ") + 4;
  return function.substr(begin, function.find_first_of(";]", begin) - begin); // g++ goes on after a semicolon
}

/// `flowcoro::detail::BasicX<int, flowcoro::Y>::ReceiveAwaiter` becomes `BasicX::Receive`.
template <std::size_t size>
[[nodiscard]] consteval std::array<char, size + 1> short_name(std::string_view full) {
  std::array<char, size + 1> name{};
  std::size_t length = 0;
  int depth = 0;
  for (std::size_t i = 0; i < full.size(); ++i) {
    if (full[i] == '<') ++depth;
    if (depth == 0) {
      bool skipped = false;
      for (const std::string_view prefix : {"flowcoro::", "detail::", "class ", "struct "}) {
        if (!full.substr(i).starts_with(prefix)) continue;
        i += prefix.size() - 1;
        skipped = true;
        break;
      }
      if (!skipped && full[i] != '&' && full[i] != '>') name[length++] = full[i];
    }
    if (full[i] == '>') --depth;
  }
  constexpr std::string_view suffix = "Awaiter";
  if (length > suffix.size() && std::string_view{name.data(), length}.ends_with(suffix) &&
      name[length - suffix.size() - 1] != ':')
    for (std::size_t i = 0; i < suffix.size(); ++i) name[--length] = '\0';
  return name;
}

/// Ends with a zero.
template <class A>
inline constexpr auto wait_name = short_name<compilers_name<A>().size()>(compilers_name<A>());

} // namespace flowcoro::detail
