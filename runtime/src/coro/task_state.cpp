#include "flowcoro/coro/task_state.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>

namespace flowcoro {
namespace {

std::atomic<IllegalTransitionHandler> handler{nullptr};
std::atomic<std::uint64_t> count{0};

} // namespace

std::string_view to_string(TaskState state) noexcept {
  constexpr std::array<std::string_view, task_states> names = {"created",   "queued",    "running", "suspended",
                                                               "completed", "cancelled", "failed",  "destroyed"};
  return names[static_cast<std::size_t>(state)];
}

IllegalTransitionHandler on_illegal_transition(IllegalTransitionHandler new_handler) noexcept {
  return handler.exchange(new_handler, std::memory_order_acq_rel);
}

std::uint64_t illegal_transitions() noexcept { return count.load(std::memory_order_relaxed); }

bool checked_build() noexcept {
#if FLOWCORO_CHECKED
  return true;
#else
  return false;
#endif
}

namespace detail {

void report_illegal_transition(const IllegalTransition& what) noexcept {
  count.fetch_add(1, std::memory_order_relaxed);
  if (const IllegalTransitionHandler call = handler.load(std::memory_order_acquire)) call(what);
  if (!checked_build()) return;
  const std::string_view from = to_string(what.from), to = to_string(what.to);
  std::fprintf(stderr, "flowcoro: task '%.*s' went from %.*s to %.*s, which no task does\n",
               static_cast<int>(what.task.size()), what.task.data(), static_cast<int>(from.size()), from.data(),
               static_cast<int>(to.size()), to.data());
  std::abort();
}

} // namespace detail
} // namespace flowcoro
