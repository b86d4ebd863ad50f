/// Two tasks each wait for what the other one holds. The dump says which, where, and for what; then they are stopped.
#include <flowcoro.hpp>

#include <iostream>
#include <regex>
#include <sstream>
#include <string>

/// The registry knows such a task by name. Any Task could be of this kind; it costs more than one that nobody lists.
template <class T = void>
using TrackedTask = flowcoro::BasicTask<T, flowcoro::Start::eager, flowcoro::TrackedPolicy>;

TrackedTask<> transfer(std::string name, flowcoro::AsyncMutex& from, flowcoro::AsyncMutex& to,
                       flowcoro::Latch& both_hold_one) {
  auto naming = flowcoro::this_task::set_name(name);
  co_await naming;
  auto lock_from = from.lock();
  auto held = co_await lock_from;
  auto meeting = both_hold_one.arrive_and_wait();
  co_await meeting;
  auto lock_to = to.lock(); // each in another order: the mistake
  auto also_held = co_await lock_to;
}

bool both_wait(const flowcoro::AwaitChains& chains) {
  int locking = 0;
  for (const auto& task : chains.tasks) locking += task.waits_for == "AsyncMutex::Lock" ? 1 : 0;
  return locking == 2;
}

flowcoro::Lazy<> run() {
  flowcoro::AsyncMutex mine, yours;
  flowcoro::Latch both_hold_one{2};
  auto there = transfer("there", mine, yours, both_hold_one);
  auto back = transfer("back", yours, mine, both_hold_one);

  flowcoro::AwaitChains chains = flowcoro::await_chains();
  while (!both_wait(chains)) {
    auto turn = flowcoro::yield();
    co_await turn;
    chains = flowcoro::await_chains();
  }
  std::ostringstream text;
  write_text(text, chains);
  // Without what differs from run to run, and from compiler to compiler.
  const std::string same =
      std::regex_replace(text.str(), std::regex{"[^ ]*/|[0-9.]+ s|0x[0-9a-f]+|\\([^)]*\\).*\\)"}, "…");
  std::cout << std::regex_replace(same, std::regex{"created in .*"}, "created in …");

  there.request_stop();
  back.request_stop();
  auto both = flowcoro::when_all_settled(std::move(there), std::move(back));
  static_cast<void>(co_await both);
  std::cout << "\nstopped\n";
}

int main() { flowcoro::sync_wait(run()); }
