#pragma once
/// One snapshot of a program, over its socket.
#include <chrono>
#include <cstdint>
#include <span>
#include <string>

namespace flowcoro::top {

enum class Answer : std::uint8_t {
  snapshot,
  interrupted, ///< one of `others` has something to read
  nobody,      ///< there is no socket, or nobody listens on it
  refused,     ///< to this user
  closed,      ///< by the program, before it had sent a whole line
  late,        ///< nothing whole came in time
  broken,      ///< anything else; `reason` says what
};

struct Fetched {
  Answer answer;
  std::string text;   ///< of the snapshot
  std::string reason; ///< for a person, when there is none
};

/// Connects, and reads to the end of the line. \param others file descriptors that end the wait.
[[nodiscard]] Fetched fetch(const std::string& socket, std::chrono::milliseconds limit, std::span<const int> others);

} // namespace flowcoro::top
