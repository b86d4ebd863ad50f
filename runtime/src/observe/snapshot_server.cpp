#include "flowcoro/observe/snapshot_server.hpp"

#include "json_writer.hpp"
#include "unix_listener.hpp"

#include "flowcoro/base/detail/owned_count.hpp"
#include "flowcoro/observe/json.hpp"
#include "flowcoro/park/detail/block_signals.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <exception>
#include <list>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace flowcoro {
namespace {

/// Without file descriptors or memory, until somebody has given some back.
constexpr auto rest = std::chrono::milliseconds{100};

SnapshotServerOptions valid(SnapshotServerOptions options) {
  if (options.client_limit <= Nanoseconds{0}) throw std::invalid_argument{"client_limit: must be more than 0"};
  if (options.max_clients == 0) throw std::invalid_argument{"max_clients: must be at least 1"};
  return options;
}

[[nodiscard]] std::string line_of_error(std::string_view why) {
  detail::JsonWriter json;
  json.begin_object();
  json.field("v", std::uint64_t{1});
  json.key("error");
  json.string(why);
  json.end_object();
  return json.take();
}

} // namespace

class SnapshotServer::Loop {
 public:
  Loop(std::filesystem::path path, std::function<std::string()> render, SnapshotServerOptions options)
      : options_{valid(options)},
        render_{std::move(render)},
        listener_{std::move(path)},
        end_{eventfd(0, EFD_CLOEXEC)} {
    if (!end_) throw std::system_error{errno, std::system_category(), "the end of a server of snapshots"};
    const detail::BlockSignals blocked; // the thread inherits the mask
    thread_ = std::thread{[this] { run(); }};
  }
  ~Loop() {
    // A counter of an eventfd that is at 0 takes a 1.
    static_cast<void>(eventfd_write(end_.get(), 1));
    thread_.join();
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return listener_.path(); }
  [[nodiscard]] SnapshotServerStats stats() const noexcept {
    return {.served = served_.get(), .refused = refused_.get(), .dropped = dropped_.get(), .failed = failed_.get()};
  }

 private:
  struct Client {
    detail::FileDescriptor socket;
    std::string text;
    std::size_t sent;
    SteadyTime until;
  };

  void run() noexcept {
    for (;;) {
      wait();
      if (polled_[0].revents != 0) return;
      if (polled_[1].revents != 0) accept_all();
      const SteadyTime now = steady_now();
      std::erase_if(clients_, [&](Client& client) { return has_ended(client, now); });
    }
  }

  /// Until somebody connects, can be sent more, or is too slow; or until the end.
  void wait() noexcept {
    // No client, or memory for all of them: accept_all() reserves it.
    polled_.clear();
    polled_.push_back({.fd = end_.get(), .events = POLLIN, .revents = 0});
    SteadyTime until = no_deadline;
    const bool rests = resting_until_ > steady_now();
    if (rests) until = resting_until_;
    polled_.push_back({.fd = rests ? -1 : listener_.fd(), .events = POLLIN, .revents = 0});
    for (const Client& client : clients_) {
      polled_.push_back({.fd = client.socket.get(), .events = POLLOUT, .revents = 0});
      until = std::min(until, client.until);
    }
    int limit_ms = -1;
    if (until != no_deadline) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - steady_now());
      limit_ms = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 60'000));
    }
    if (poll(polled_.data(), polled_.size(), limit_ms) < 0)
      for (pollfd& one : polled_) one.revents = 0; // what was there was not looked at
  }

  void accept_all() noexcept {
    for (;;) {
      detail::FileDescriptor socket;
      switch (listener_.accept(socket)) {
        case detail::UnixListener::Accepted::none: return;
        case detail::UnixListener::Accepted::refused: refused_.add(); continue;
        case detail::UnixListener::Accepted::no_means: resting_until_ = deadline_after(steady_now(), rest); return;
        case detail::UnixListener::Accepted::client: break;
      }
      try {
        take_in(std::move(socket));
      } catch (const std::bad_alloc&) { // the client is gone by now
        failed_.add();
        resting_until_ = deadline_after(steady_now(), rest);
        return;
      }
    }
  }

  void take_in(detail::FileDescriptor socket) {
    if (clients_.size() == options_.max_clients) {
      clients_.pop_front();
      dropped_.add();
    }
    polled_.reserve(clients_.size() + 3);
    std::string text = line();
    clients_.push_back({.socket = std::move(socket),
                        .text = std::move(text),
                        .sent = 0,
                        .until = deadline_after(steady_now(), options_.client_limit)});
    if (has_ended(clients_.back(), SteadyTime::min())) clients_.pop_back(); // most take it at once
  }

  [[nodiscard]] std::string line() {
    std::string text;
    try {
      text = render_();
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception& error) {
      failed_.add();
      text = line_of_error(error.what());
    } catch (...) {
      failed_.add();
      text = line_of_error("the snapshot threw what is no std::exception");
    }
    text.push_back('\n');
    return text;
  }

  /// Sends what the client takes now. \return true when it has all, or has gone, or its time is over.
  [[nodiscard]] bool has_ended(Client& client, SteadyTime now) noexcept {
    while (client.sent < client.text.size()) {
      const ssize_t sent = send(client.socket.get(), client.text.data() + client.sent, client.text.size() - client.sent,
                                MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent >= 0) {
        client.sent += static_cast<std::size_t>(sent);
        continue;
      }
      if (errno == EINTR) continue;
      const bool gone = errno != EAGAIN && errno != EWOULDBLOCK && errno != ENOBUFS;
      if (!gone && now < client.until) return false;
      dropped_.add();
      return true;
    }
    served_.add();
    return true;
  }

  const SnapshotServerOptions options_;
  const std::function<std::string()> render_;
  detail::UnixListener listener_;
  detail::FileDescriptor end_;
  // Of the thread:
  std::list<Client> clients_; // the one that came first is the first
  std::vector<pollfd> polled_ = std::vector<pollfd>(2);
  SteadyTime resting_until_{};
  // Written by it:
  detail::OwnedCount served_;
  detail::OwnedCount refused_;
  detail::OwnedCount dropped_;
  detail::OwnedCount failed_;
  std::thread thread_;
};

SnapshotServer::SnapshotServer(std::filesystem::path socket, const Runtime& runtime, SnapshotSources sources,
                               SnapshotServerOptions options)
    : SnapshotServer{std::move(socket),
                     [&runtime, sources = std::move(sources)] { return to_json(take_snapshot(runtime, sources)); },
                     options} {}

SnapshotServer::SnapshotServer(std::filesystem::path socket, std::function<std::string()> render,
                               SnapshotServerOptions options)
    : loop_{std::make_unique<Loop>(std::move(socket), std::move(render), options)} {}

SnapshotServer::~SnapshotServer() = default;

const std::filesystem::path& SnapshotServer::path() const noexcept { return loop_->path(); }
SnapshotServerStats SnapshotServer::stats() const noexcept { return loop_->stats(); }

} // namespace flowcoro
