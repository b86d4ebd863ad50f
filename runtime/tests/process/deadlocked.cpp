// A program whose tasks wait for ever. deadlock_test.cpp asks it by a signal, and a debugger, what they wait for. It says "ready" when
// they do, on stdout, and runs until it is killed.
#include "flowcoro/flowcoro.hpp"

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace {

using flowcoro::AsyncMutex;
using flowcoro::Lazy;
using flowcoro::Task;

template <class T = void>
using TrackedTask = flowcoro::BasicTask<T, flowcoro::Start::eager, flowcoro::TrackedPolicy>;

struct World {
  AsyncMutex left, right;
  flowcoro::Latch never{1};
  std::optional<TrackedTask<>> hen, egg, left_first, right_first;
  std::optional<Task<>> plain;
  std::atomic<int> waiting{0};
};
World& world = *new World; // what is in it never ends

TrackedTask<> take_both(std::string name, AsyncMutex& first, AsyncMutex& second) {
  auto naming = flowcoro::this_task::set_name(name);
  co_await naming;
  auto lock_first = first.lock();
  auto one = co_await lock_first;
  // Both have their first one by then.
  world.waiting.fetch_add(1);
  while (world.waiting.load() < 2) {
    auto turn = flowcoro::yield();
    co_await turn;
  }
  auto lock_second = second.lock();
  auto two = co_await lock_second;
}

TrackedTask<> wait_for_other(std::string name, std::optional<TrackedTask<>>& other) {
  auto naming = flowcoro::this_task::set_name(name);
  co_await naming;
  while (!other.has_value() || world.waiting.load() < 2) {
    auto turn = flowcoro::yield();
    co_await turn;
  }
  co_await *other;
}

Lazy<> wait_for_latch() {
  auto wait = world.never.wait();
  co_await wait;
}
Task<> plain_task() {
  auto inner = wait_for_latch();
  co_await inner;
}

void deadlock(flowcoro::Runtime& runtime) {
  auto all = spawn_on(runtime, []() -> Lazy<> {
    world.left_first.emplace(take_both("left first", world.left, world.right));
    world.right_first.emplace(take_both("right first", world.right, world.left));
    world.hen.emplace(wait_for_other("hen", world.egg));
    world.egg.emplace(wait_for_other("egg", world.hen));
    world.plain.emplace(plain_task());
    co_return;
  });
  sync_wait(runtime, all);
  // Until all of them wait.
  const auto settled = [] {
    std::size_t suspended = 0, plain = 0;
    for (const auto& task : flowcoro::await_chains().tasks) {
      if (task.id == 0) ++plain;
      if (!task.waits_for.empty() && task.waits_for != "Yield") ++suspended;
    }
    return suspended == 4 && plain == 1;
  };
  while (!settled()) std::this_thread::yield();
}

} // namespace

int main(int count, char** arguments) {
  const std::string_view mode = count > 1 ? arguments[1] : "";
  static auto& runtime = *new flowcoro::Runtime{{.workers = 2}};
  deadlock(runtime);
  std::optional<flowcoro::DumpOnSignal> dump;
  if (mode == "dump") {
    dump.emplace(STDOUT_FILENO);
    // No worker is left that could do anything.
    static std::atomic<int> blocked{0};
    for (unsigned i = 0; i < runtime.workers(); ++i)
      new Task<>{spawn_on(runtime, [] {
        blocked.fetch_add(1);
        for (;;) pause();
      })};
    while (blocked.load() < 2) std::this_thread::yield();
  }
  std::puts("ready");
  std::fflush(stdout);
  if (mode == "abort") std::abort();
  for (;;) pause();
}
