#pragma once
/// Stop requests to and from code that uses <stop_token>.
#include "flowcoro/coro/stop.hpp"

#include <stop_token>
#include <utility>

namespace flowcoro {

/// While it lives, a request of a std::stop_token is one for `source` as well; also one that was made before. Its end waits for a
/// request that is passed on by another thread just then; a callback that is run by that request may end it.
/// `std::jthread thread{[](std::stop_token stop) { StopSource source; StopFromStd link{stop, source}; … }};`
class StopFromStd {
 public:
  StopFromStd(const std::stop_token& token, StopSource source)
      : callback_{token, detail::RequestStop{std::move(source)}} {}

 private:
  std::stop_callback<detail::RequestStop> callback_;
};

/// The other way: while it lives, a request of `token` is one for a std::stop_source.
/// `StopToStd link{co_await this_task::stop_token(), thread.get_stop_source()};`
class StopToStd {
 public:
  StopToStd(StopToken token, std::stop_source source) : callback_{std::move(token), Request{std::move(source)}} {}

 private:
  struct Request {
    std::stop_source source;
    void operator()() noexcept {
      std::stop_source kept = source; // a callback may end the link, and with it this object
      kept.request_stop();
    }
  };
  StopCallback<Request> callback_;
};

} // namespace flowcoro
