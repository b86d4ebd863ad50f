#include "subject.hpp"

#include <oneapi/tbb/task_group.h>
#include <oneapi/tbb/version.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

namespace {

// oneTBB starts a thread when there is work for it. These tasks wait for each other, so each needs a thread of its own.
void start_threads(tbb::task_arena& arena, unsigned workers) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  std::atomic<unsigned> arrived{0};
  const auto meet = [&] {
    ++arrived;
    while (arrived < workers && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::yield();
    }
  };
  arena.execute([&] {
    tbb::task_group others;
    for (unsigned other = 1; other < workers; ++other) {
      others.run(meet);
    }
    meet();
    const unsigned met = arrived;
    others.wait();
    if (met < workers) {
      throw std::runtime_error("oneTBB gave " + std::to_string(met) + " of " + std::to_string(workers) + " threads");
    }
  });
}

std::shared_ptr<flowbench::Runtime> start(unsigned workers) { return std::make_shared<flowbench::Runtime>(workers); }

} // namespace

flowbench::Runtime::Runtime(unsigned workers)
    : limit(tbb::global_control::max_allowed_parallelism, workers), arena(static_cast<int>(workers)) {
  start_threads(arena, workers);
}

// Resumable tasks (tbb::task::suspend) are not what the refusals below overlook: each keeps a whole stack while it waits,
// and something outside oneTBB has to wake it.
flowbench::Subject flowbench::describe_subject() {
  return {
      .id = FLOWBENCH_SUBJECT_ID,
      .version = std::string("oneTBB ") + TBB_runtime_version(),
      .start = start,
      .workloads = registered_workloads(),
      .refusals =
          {
              {"yield",
               "a task cannot be left and gone back to, and what it spawns in its place is what its thread "
               "takes next, so no other task gets a turn"},
              {"sleep",
               "there are no timers: a sleeping task holds its thread, so no more tasks than workers are "
               "asleep at once"},
              {"request",
               "there are no timers: a sleeping task holds its thread, so no more requests than workers are "
               "served at once"},
              {"channel",
               "two tasks are not promised to run at the same time, so a producer and a consumer that wait "
               "for each other may wait for ever"},
              {"await_chain",
               "a task that waits for its child stays on its thread's stack and runs the child on top "
               "of itself, so no parent is suspended"},
              {"pool_priority",
               "a priority belongs to an arena, and arenas share neither a queue nor a limit: threads move between "
               "them, and tasks of one arena have no order"},
          },
      .library_flags = FLOWBENCH_LIBRARY_FLAGS,
  };
}
