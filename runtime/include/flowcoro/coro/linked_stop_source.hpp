#pragma once
/// One stop out of several.
#include "flowcoro/coro/stop.hpp"

#include <forward_list>
#include <initializer_list>
#include <span>

namespace flowcoro {

/// A source whose stop is requested by itself, or by the first request of any of `tokens`.
/// `LinkedStopSource either{{shutdown.token(), client.token()}}; auto stoppable = with_stop(serve(), either.token());`
/// Its end takes it out of all of them, in O(1) each, with the guarantees of StopCallback: no request of theirs is on its way to it
/// afterwards; a callback that it runs itself may end it. The tokens that were taken from it stay valid.
/// Threads: request_stop() and token(): any. Allocates: its state, and a node for each token that can be stopped.
/// A request passes through sources that are linked to each other by recursion, so let them not be many in a row.
class LinkedStopSource {
 public:
  explicit LinkedStopSource(std::span<const StopToken> tokens) {
    for (const StopToken& token : tokens)
      if (token.stop_possible()) links_.emplace_front(token, detail::RequestStop{source_});
  }
  LinkedStopSource(std::initializer_list<StopToken> tokens)
      : LinkedStopSource{std::span<const StopToken>{tokens.begin(), tokens.size()}} {}
  LinkedStopSource(const LinkedStopSource&) = delete;
  LinkedStopSource& operator=(const LinkedStopSource&) = delete;

  /// \return true for the call that made the request. The source may end meanwhile, by a callback that it runs.
  bool request_stop() noexcept {
    StopSource kept = source_;
    return kept.request_stop();
  }
  [[nodiscard]] bool stop_requested() const noexcept { return source_.stop_requested(); }
  [[nodiscard]] StopToken token() const noexcept { return source_.token(); }

 private:
  StopSource source_;
  std::forward_list<StopCallback<detail::RequestStop>> links_;
};

} // namespace flowcoro
