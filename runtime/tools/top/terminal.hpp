#pragma once
/// The terminal, taken over and given back.
#include "view.hpp"

#include <termios.h>

#include <string>
#include <string_view>

namespace flowcoro::top {

/// While it lives: no echo, no line editing, no cursor, and a screen of its own, so that what was there comes back.
class Terminal {
 public:
  /// stdin and stdout must be terminals.
  explicit Terminal(bool colours);
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal();

  [[nodiscard]] Size size() const noexcept;
  void draw(const Frame& frame) const;

 private:
  termios before_{};
  bool colours_;
};

/// Writes all of it to stdout. \return false when that is impossible: nobody reads any more.
bool print(std::string_view text) noexcept;

} // namespace flowcoro::top
