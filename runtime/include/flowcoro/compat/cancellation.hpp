#pragma once
/// cancellation_source, cancellation_token, cancellation_registration: StopSource, StopToken and StopCallback under other names, and
/// tokens that keep alive what may cancel them.
#include "flowcoro/async/deadline_stop_source.hpp"
#include "flowcoro/coro/awaitable.hpp"
#include "flowcoro/coro/detail/promise.hpp"
#include "flowcoro/coro/errors.hpp"
#include "flowcoro/coro/linked_stop_source.hpp"
#include "flowcoro/coro/std_stop.hpp"
#include "flowcoro/coro/stop.hpp"
#include "flowcoro/coro/stop_requested.hpp"
#include "flowcoro/coro/task.hpp"
#include "flowcoro/coro/with_stop.hpp"

#include <array>
#include <chrono>
#include <concepts>
#include <functional>
#include <memory>
#include <stop_token>
#include <utility>

namespace flowcoro {

using operation_cancelled_exception = OperationCancelled;

/// Takes a callback away at its end, or with unregister(): after that it is not running and will not run. Waits for one that runs on
/// another thread; inside of the callback itself it returns at once. Movable, also while the callback runs.
class cancellation_registration {
 public:
  cancellation_registration() = default;

  void unregister() noexcept { callback_.reset(); }
  [[nodiscard]] bool is_valid() const noexcept { return callback_ != nullptr; }

 private:
  friend class cancellation_token;
  struct call {
    std::function<void()> function;
    void operator()() noexcept { function(); }
  };
  explicit cancellation_registration(std::unique_ptr<StopCallback<call>> callback) noexcept
      : callback_{std::move(callback)} {}

  std::unique_ptr<StopCallback<call>> callback_;
};

/// Says whether cancellation was requested. Copies share it. A default one is none(). A token that was made by create_timeout() or
/// combine_tokens(), or from a std::stop_token, keeps alive what may cancel it, and takes that away with its last copy.
/// Threads: any, for every function.
class cancellation_token {
 public:
  cancellation_token() = default;
  cancellation_token(StopToken token) noexcept : token_{std::move(token)} {} // NOLINT(google-explicit-constructor)
  /// Is cancelled by a request of `token`.
  explicit cancellation_token(const std::stop_token& token) {
    struct linked {
      StopSource source;
      StopFromStd link;
      explicit linked(const std::stop_token& from) : link{from, source} {}
    };
    if (!token.stop_possible()) return;
    const auto source = std::make_shared<linked>(token);
    token_ = detail::StopAccess::kept_by(source, source->source.token());
  }

  /// One that is never cancelled.
  [[nodiscard]] static cancellation_token none() noexcept { return {}; }
  /// One that is cancelled already.
  [[nodiscard]] static cancellation_token cancelled() {
    StopSource source;
    source.request_stop();
    return source.token();
  }
  /// One that is cancelled when `timeout` has passed, by a timer of the calling task's runtime, or of the default one.
  template <class Rep, class Period>
  [[nodiscard]] static cancellation_token create_timeout(std::chrono::duration<Rep, Period> timeout) {
    const auto source = std::make_shared<DeadlineStopSource>(timeout);
    return detail::StopAccess::kept_by(source, source->token());
  }

  [[nodiscard]] bool is_cancelled() const noexcept { return token_.stop_requested(); }
  [[nodiscard]] bool can_be_cancelled() const noexcept { return token_.stop_possible(); }
  [[nodiscard]] bool is_valid() const noexcept { return can_be_cancelled(); }
  void throw_if_cancelled() const { token_.throw_if_stop_requested(); }

  /// `callback()` is called once: here when this was cancelled already, else by the thread that cancels. It must not throw.
  template <std::invocable F>
  [[nodiscard]] cancellation_registration register_callback(F&& callback) const {
    if (!can_be_cancelled()) return {};
    using call = cancellation_registration::call;
    return cancellation_registration{
        std::make_unique<StopCallback<call>>(token_, call{std::function<void()>{std::forward<F>(callback)}})};
  }
  /// While the registration lives, a cancellation is a stop request for `source`.
  [[nodiscard]] cancellation_registration forward_to(std::stop_source source) const {
    return register_callback([source = std::move(source)]() mutable { source.request_stop(); });
  }

  /// `co_await token.wait();` until it is cancelled. A stop of the waiting task itself throws.
  [[nodiscard]] auto wait() const noexcept { return stop_requested(token_); }

  [[nodiscard]] const StopToken& stop_token() const noexcept { return token_; }

 private:
  StopToken token_;
};

class cancellation_source {
 public:
  /// \return whether this was the call that cancelled.
  bool cancel() noexcept { return source_.request_stop(); }
  [[nodiscard]] bool is_cancelled() const noexcept { return source_.stop_requested(); }
  [[nodiscard]] cancellation_token token() const noexcept { return source_.token(); }
  [[nodiscard]] cancellation_token get_token() const noexcept { return token(); }

 private:
  StopSource source_;
};

/// A token that is cancelled with the first of any of `tokens`.
template <std::convertible_to<cancellation_token>... Tokens>
[[nodiscard]] cancellation_token combine_tokens(const Tokens&... tokens) {
  const std::array<StopToken, sizeof...(tokens)> all{cancellation_token{tokens}.stop_token()...};
  const auto source = std::make_shared<LinkedStopSource>(all);
  return detail::StopAccess::kept_by(source, source->token());
}

namespace detail {
struct cancellation_point_awaiter : OwnStop {
  cancellation_token token;
  void await_resume() const {
    token.throw_if_cancelled();
    if (state != nullptr && state->stop_requested()) throw OperationCancelled{};
  }
};
} // namespace detail

/// `co_await cancellation_point(token);` throws OperationCancelled when `token` or the task itself was cancelled. Does not suspend.
[[nodiscard]] inline detail::cancellation_point_awaiter cancellation_point(cancellation_token token = {}) noexcept {
  return {{}, std::move(token)};
}

/// The same task, which `token` stops too.
template <class T, Start start, class Policy>
[[nodiscard]] Task<T> make_cancellable_task(BasicTask<T, start, Policy> task, cancellation_token token) {
  auto stoppable = with_stop(std::move(task), token.stop_token());
  co_return co_await stoppable;
}

} // namespace flowcoro
