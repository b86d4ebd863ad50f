// The states that a trial can end in; docs/contract.md says when.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace flowbench {

enum class Status {
  ok,
  wrong_answer,
  crashed,
  timed_out,
  out_of_memory,
  protocol_error,
  unsupported,
  not_built,
  launch_failed,
  leaked_processes,
  cancelled,
  contaminated,
  mistimed,
};

inline constexpr std::array<std::string_view, 13> status_names{
    "ok",        "wrong_answer",  "crashed",          "timed_out", "out_of_memory", "protocol_error", "unsupported",
    "not_built", "launch_failed", "leaked_processes", "cancelled", "contaminated",  "mistimed"};

[[nodiscard]] constexpr std::string_view name(Status status) { return status_names[static_cast<std::size_t>(status)]; }

[[nodiscard]] constexpr std::optional<Status> status_from(std::string_view text) {
  for (std::size_t i = 0; i < status_names.size(); ++i) {
    if (status_names[i] == text) return static_cast<Status>(i);
  }
  return std::nullopt;
}

/// Whether the state is the subject's fault. That it cannot do a case, or is not there, is a result; that the run was
/// interrupted or the machine disturbed says nothing about it.
[[nodiscard]] constexpr bool is_failure(Status status) {
  return status != Status::ok && status != Status::unsupported && status != Status::not_built &&
         status != Status::cancelled && status != Status::contaminated;
}

/// The trial is run again at once, as often as the user lets it: a quieter moment may end it well.
[[nodiscard]] constexpr bool is_retried(Status status) {
  return status == Status::contaminated || status == Status::mistimed;
}

/// A later line of the same trial takes the place of one in these states.
[[nodiscard]] constexpr bool is_repeated(Status status) { return status == Status::cancelled || is_retried(status); }

} // namespace flowbench
