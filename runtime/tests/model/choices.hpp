#pragma once
/// The path through a tree of choices, walked depth first, one leaf for each run of a program.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace flowcoro::model {

class Choices {
 public:
  /// Takes the path of `text`, which to_text() gave, and the first option behind its end.
  void follow(std::string_view text);

  /// Before each run.
  void begin() noexcept {
    depth_ = 0;
    explores_ = true;
  }
  /// Until the next run, every choice is the first option.
  void stop_exploring() noexcept { explores_ = false; }
  /// \return 0 … options - 1. The first time that a run comes here it is 0, so the first option is the ordinary one.
  [[nodiscard]] std::size_t choose(std::size_t options) { return choose(options, true); }
  /// A choice of which no other option needs to be tried; it has its character all the same, so that a path can be followed
  /// without knowing that.
  [[nodiscard]] std::size_t choose_first(std::size_t options) { return choose(options, false); }
  /// A choice among values, to which more may be added while the runs behind it go on.
  struct Open {
    std::size_t taken;
    std::uint64_t added; ///< the value, if it is none of those that were given
    std::size_t place;   ///< of the choice, for offer()
  };
  [[nodiscard]] Open choose_open(std::span<const std::uint64_t> values);
  /// Adds a value to a choice of this run, unless it is there.
  void offer(std::size_t place, std::uint64_t value);
  /// After a run: goes on to the next leaf. \return false when there is none.
  [[nodiscard]] bool advance() noexcept;

  /// One character for each choice made: 0-9, a-z, A-Z; `*` for a value that was added. A tail of first options is left out.
  [[nodiscard]] std::string to_text() const;

 private:
  struct Choice {
    std::uint16_t taken;
    std::uint16_t options;
    bool explored;
    std::vector<std::uint64_t> values; // of an open choice; those behind `options` were added

    [[nodiscard]] std::size_t size() const noexcept { return values.empty() ? options : values.size(); }
  };
  [[nodiscard]] std::size_t choose(std::size_t options, bool explored);

  std::vector<Choice> path_;
  std::size_t depth_ = 0;
  bool explores_ = true;
};

} // namespace flowcoro::model
