#include "terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

namespace flowcoro::top {

Terminal::Terminal(bool colours) : colours_{colours} {
  tcgetattr(STDIN_FILENO, &before_);
  termios raw = before_;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  raw.c_cc[VMIN] = 1;
  raw.c_cc[VTIME] = 0;
  raw.c_cc[VSUSP] = _POSIX_VDISABLE; // there is no shell's screen to go back to
  tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
  print("\x1b[?1049h\x1b[?25l");
}

Terminal::~Terminal() {
  print("\x1b[0m\x1b[?25h\x1b[?1049l");
  tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
}

Size Terminal::size() const noexcept {
  winsize window{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_col == 0 || window.ws_row == 0) return {};
  return {.columns = window.ws_col, .rows = window.ws_row};
}

void Terminal::draw(const Frame& frame) const {
  std::string text = "\x1b[H";
  for (std::size_t i = 0; i < frame.lines.size(); ++i) {
    if (i != 0) text += "\r\n"; // never behind the last line, which would scroll
    const bool marked = i == frame.heading && colours_;
    const bool bold = i == 0 && colours_;
    if (marked) text += "\x1b[7m";
    if (bold) text += "\x1b[1m";
    text += frame.lines[i];
    if (marked || bold) text += "\x1b[0m";
    text += "\x1b[K";
  }
  print(text += "\x1b[J");
}

bool print(std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t written = write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno != EINTR && errno != EAGAIN) return false;
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

} // namespace flowcoro::top
