#include "model/source_text.hpp"

#include "flowcoro/base/assert.hpp"

#include <cctype>
#include <fstream>
#include <iterator>

namespace flowcoro::model {

std::string source_text(std::string_view path) {
  std::ifstream file{std::string{FLOWCORO_RUNTIME_FOLDER} + "/" + std::string{path}};
  FLOWCORO_ASSERT(file.is_open(), "a source is not where it was when this was built");
  std::string text{std::istreambuf_iterator<char>{file}, {}};
  for (std::size_t at = text.find("//"); at != std::string::npos; at = text.find("//", at))
    for (; at != text.size() && text[at] != '\n'; ++at) text[at] = ' ';
  return text;
}

bool in_name(char c) noexcept { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

std::size_t behind_closing(std::string_view text, std::size_t open) {
  std::size_t depth = 0;
  for (std::size_t at = open; at != text.size(); ++at) {
    if (text[at] == '(' || text[at] == '[' || text[at] == '{') ++depth;
    if ((text[at] == ')' || text[at] == ']' || text[at] == '}') && --depth == 0) return at + 1;
  }
  FLOWCORO_ASSERT(false, "a bracket is not closed");
  return std::string_view::npos;
}

std::vector<std::string_view> bodies_of(std::string_view text, std::string_view function) {
  std::vector<std::string_view> bodies;
  for (std::size_t at = text.find(function); at != std::string_view::npos; at = text.find(function, at + 1)) {
    const std::size_t end = at + function.size();
    if ((at != 0 && in_name(text[at - 1])) || end == text.size() || text[end] != '(') continue;
    // A definition goes on with a body, a call does not.
    const std::size_t begin = text.find_first_of(";{}(),:", behind_closing(text, end));
    if (begin != std::string_view::npos && text[begin] == '{')
      bodies.push_back(text.substr(begin, behind_closing(text, begin) - begin));
  }
  return bodies;
}

} // namespace flowcoro::model
