#include "model/choices.hpp"

#include "flowcoro/base/assert.hpp"

#include <algorithm>

namespace flowcoro::model {
namespace {

constexpr std::string_view digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr const char* other_course =
    "the program took another course than in the run before: it must depend on nothing but the choices";
constexpr std::uint16_t unknown = 0; // options of a choice that was read from a text, until it is met

} // namespace

void Choices::follow(std::string_view text) {
  path_.clear();
  for (const char digit : text) {
    const std::size_t taken = digits.find(digit);
    FLOWCORO_ASSERT(taken != std::string_view::npos,
                    "a character that stands for no choice, or for a value that only the runs before could tell");
    path_.push_back({static_cast<std::uint16_t>(taken), unknown, false, {}});
  }
}

std::size_t Choices::choose(std::size_t options, bool explored) {
  FLOWCORO_ASSERT(options != 0 && options <= digits.size(),
                  "more options than there are characters to write them down");
  if (options == 1 || !explores_) return 0;
  if (depth_ == path_.size()) path_.push_back({0, static_cast<std::uint16_t>(options), explored, {}});
  Choice& choice = path_[depth_++];
  if (choice.options == unknown) choice.options = static_cast<std::uint16_t>(options);
  FLOWCORO_ASSERT(choice.options == options && choice.taken < options, other_course);
  return choice.taken;
}

Choices::Open Choices::choose_open(std::span<const std::uint64_t> values) {
  if (!explores_) return {0, 0, ~std::size_t{0}};
  if (depth_ == path_.size()) path_.push_back({0, static_cast<std::uint16_t>(values.size()), true, {}});
  Choice& choice = path_[depth_];
  if (choice.values.empty()) {
    choice.values.assign(values.begin(), values.end());
    choice.options = static_cast<std::uint16_t>(values.size());
  }
  FLOWCORO_ASSERT(choice.options == values.size() && choice.taken < choice.values.size(), other_course);
  return {choice.taken, choice.values[choice.taken], depth_++};
}

void Choices::offer(std::size_t place, std::uint64_t value) {
  if (place >= path_.size()) return;
  std::vector<std::uint64_t>& values = path_[place].values;
  if (std::ranges::find(values, value) == values.end()) values.push_back(value);
}

bool Choices::advance() noexcept {
  path_.resize(depth_);
  while (!path_.empty() && (!path_.back().explored || path_.back().taken + std::size_t{1} == path_.back().size()))
    path_.pop_back();
  if (path_.empty()) return false;
  ++path_.back().taken;
  return true;
}

std::string Choices::to_text() const {
  std::string text;
  for (std::size_t i = 0; i < depth_; ++i) text += path_[i].taken < path_[i].options ? digits[path_[i].taken] : '*';
  text.erase(text.find_last_not_of('0') + 1);
  return text;
}

} // namespace flowcoro::model
