/// A program that is looked at: serves snapshots at argv[1] until its standard input ends, while its tasks do something.
#include "flowcoro/async/sleep.hpp"
#include "flowcoro/coro/when_all.hpp"
#include "flowcoro/observe/snapshot_server.hpp"
#include "flowcoro/pool/coroutine_pool.hpp"
#include "flowcoro/sched/runtime.hpp"
#include "flowcoro/sched/spawn.hpp"

#include <unistd.h>

#include <chrono>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;

flowcoro::Lazy<void> nap() { co_await flowcoro::sleep_for(1ms); }

flowcoro::Lazy<void> be_busy() {
  for (;;) {
    std::vector<flowcoro::Task<void>> naps;
    for (int i = 0; i < 20; ++i) naps.push_back(flowcoro::spawn(nap));
    auto all = flowcoro::when_all(std::move(naps));
    co_await all;
  }
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  flowcoro::Runtime runtime{{.workers = 3}};
  auto pool = flowcoro::pool::CoroutinePool::with_config({});
  flowcoro::SnapshotSources sources{"busy"};
  sources.add("requests", pool);
  const flowcoro::SnapshotServer server{argv[1], runtime, std::move(sources)};
  auto work = flowcoro::spawn_on(runtime, be_busy);
  char byte = 'r';
  if (write(STDOUT_FILENO, &byte, 1) != 1) return 1; // the socket is there
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  work.request_stop();
  runtime.shutdown();
  return 0;
}
