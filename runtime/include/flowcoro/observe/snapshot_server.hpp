#pragma once
/// Gives snapshots of the running program to whoever connects to a socket: flowcoro-top, or `nc -U`.
#include "flowcoro/base/time.hpp"
#include "flowcoro/observe/snapshot.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace flowcoro {
class Runtime;

struct SnapshotServerOptions {
  /// Clients that have not read all by then are dropped. More than 0.
  Nanoseconds client_limit = std::chrono::seconds{1};
  /// Clients at once; when one more comes, the one that has been there for longest is dropped. At least 1.
  std::size_t max_clients = 16;
};

struct SnapshotServerStats {
  std::uint64_t served = 0;  ///< clients that the whole of a snapshot was sent to
  std::uint64_t refused = 0; ///< clients of other users
  std::uint64_t dropped = 0; ///< clients that went away, or read too slowly
  std::uint64_t failed = 0;  ///< snapshots that could not be taken: the client got the reason
};

/// While it lives, a unix socket at a path of the file system gives each client one snapshot as a line of JSON, then the end of the
/// stream; what a client sends is not read. Has a thread of its own, which takes no signals and is joined at the end. No client can
/// keep it waiting, nor any worker.
///
/// For the user that runs the program, and for root: the socket's mode is 0600, and the kernel is asked who a client is, so that
/// others are refused even where somebody has changed the mode. A snapshot has the names of runtimes and pools in it, and
/// counts; no data of the program.
///
/// A socket that a dead process has left at the path is replaced, one that is served is not. Removes the socket at its end, unless
/// somebody else has put another one there. Not for a child that was forked without exec. Threads: any for what is const.
class SnapshotServer {
 public:
  /// Serves to_json(take_snapshot(runtime, sources)). What the sources name, and the runtime, must live longer than this.
  /// Throws std::system_error, which names the path: address_in_use when it is served already, file_exists when something else is there,
  /// filename_too_long above 107 bytes; std::invalid_argument for an empty path, or an option, by its name.
  SnapshotServer(std::filesystem::path socket, const Runtime& runtime, SnapshotSources sources = SnapshotSources{},
                 SnapshotServerOptions options = {});
  /// Serves what `render` returns, and a line feed. It is called on the thread of the server, once for each client.
  SnapshotServer(std::filesystem::path socket, std::function<std::string()> render, SnapshotServerOptions options = {});
  SnapshotServer(const SnapshotServer&) = delete;
  SnapshotServer& operator=(const SnapshotServer&) = delete;
  /// Blocks while a snapshot is being taken.
  ~SnapshotServer();

  [[nodiscard]] const std::filesystem::path& path() const noexcept;
  [[nodiscard]] SnapshotServerStats stats() const noexcept;

 private:
  class Loop;

  std::unique_ptr<Loop> loop_;
};

} // namespace flowcoro
