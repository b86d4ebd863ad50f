#include "flowcoro/coro/detail/awaited_by.hpp"

#include "flowcoro/base/detail/debug_layout.hpp"
#include "flowcoro/coro/detail/join.hpp"
#include "flowcoro/coro/detail/promise.hpp"
#include "flowcoro/coro/sync_wait.hpp"
#include "flowcoro/coro/task.hpp"

namespace flowcoro::detail {
namespace {

/// So that a report of very many very deep chains takes an end.
constexpr std::uint32_t longest_way = 64;

} // namespace

// Everybody on the way up is suspended, and wrote what is read here before: the one below was made, or awaited, after that, and its
// handshake, or that of whom this began with, was acquired.
AwaitedBy awaited_by(const PromiseBase& task) noexcept {
  using What = AwaitedBy::What;
  AwaitedBy way;
  const PromiseBase* below = &task;
  for (;;) {
    const Continuation* next = below->continuation();
    if (next == nullptr) return way;
    const Continuation::Complete goes_on = next->complete;
    const PromiseBase* above = nullptr;
    if (goes_on == &ResumeWaiter::resume || goes_on == &ResumeAfterTask::resume) {
      above = &promise_of(static_cast<const ResumeWaiter*>(next)->handle);
    } else if (goes_on == &ResumeKeeper::resume) {
      above = static_cast<const ResumeKeeper*>(next)->keeper;
    } else if (const ResumeWaiter* waiter = Join::waiter_of(*next)) {
      if (waiter->complete == &ResumeWaiter::resume_foreign) {
        way.what = What::coroutine;
        return way;
      }
      above = &promise_of(waiter->handle);
    } else if (goes_on == &WakeThread::wake) {
      way.what = What::call;
      way.call = static_cast<const WakeThread*>(next)->call.where;
      return way;
    } else {
      way.what = goes_on == &ResumeWaiter::resume_foreign ? What::coroutine : What::group;
      return way;
    }
    if (above->recorded() || above->enrolled()) {
      way.what = What::task;
      way.coroutine = above;
      return way;
    }
    if (++way.between == longest_way) {
      way.what = What::coroutine;
      return way;
    }
    below = above;
  }
}

} // namespace flowcoro::detail

#pragma GCC diagnostic ignored "-Winvalid-offsetof"

namespace flowcoro::detail {

/// For flowcoro_gdb.py: PROMISE there.
struct PromiseLayout {
  static constexpr DebugLayout<6> table{
      debug_layout_version,           offsetof(PromiseBase, state_),
      offsetof(ResumeWaiter, handle), offsetof(ResumeKeeper, keeper),
      offsetof(Join, waiter_),        offsetof(WakeThread, call) + offsetof(BlockingCall, where)};
};

} // namespace flowcoro::detail

extern "C" {
extern const flowcoro::detail::DebugLayout<6> flowcoro_promise_layout;
FLOWCORO_FOR_DEBUGGERS const flowcoro::detail::DebugLayout<6> flowcoro_promise_layout =
    flowcoro::detail::PromiseLayout::table;
}
