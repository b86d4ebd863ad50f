/// Testing coroutines without luck: a clock that jumps, an order that can be repeated, and deadlocks that say where they are.
#include <flowcoro.hpp>
#include <flowcoro/test/deterministic_scheduler.hpp>
#include <flowcoro/test/for_each_seed.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <iostream>
#include <utility>

using namespace std::chrono_literals;
using flowcoro::Lazy;
using flowcoro::test::DeterministicScheduler;

namespace {

/// Tries until it works, and waits twice as long after each failure.
Lazy<int> retry(std::function<bool()> attempt) {
  int attempts = 1;
  for (auto pause = 1s; !attempt(); pause *= 2, ++attempts) co_await flowcoro::sleep_for(pause);
  co_return attempts;
}

struct Account {
  int balance = 100;
  flowcoro::AsyncMutex mutex;
};

Lazy<void> deposit(Account& account, int amount, bool locked) {
  flowcoro::AsyncLockGuard guard;
  if (locked) guard = co_await account.mutex.lock();
  const int before = account.balance;
  co_await flowcoro::yield(); // here it would ask a database
  account.balance = before + amount;
}

/// \return what must hold under every seed: no deposit is lost.
bool keeps_every_deposit(std::uint64_t seed, bool locked) {
  Account account;
  DeterministicScheduler scheduler{seed}; // behind what the coroutines use
  scheduler.run(flowcoro::when_all(flowcoro::spawn(deposit, std::ref(account), 10, locked),
                                   flowcoro::spawn(deposit, std::ref(account), 20, locked)));
  return account.balance == 130;
}

Lazy<void> lock_both(flowcoro::AsyncMutex& one, flowcoro::AsyncMutex& other) {
  auto first = co_await one.lock();
  co_await flowcoro::yield();
  auto second = co_await other.lock();
}

} // namespace

int main() {
  {
    DeterministicScheduler scheduler{1};
    const int attempts = scheduler.run(retry([failures = 10]() mutable { return failures-- == 0; }));
    const auto taken = std::chrono::duration_cast<std::chrono::seconds>(scheduler.now().time_since_epoch());
    std::cout << attempts << " attempts, " << taken.count() << " seconds of virtual time\n";
  }
  try {
    flowcoro::test::for_each_seed(1, 1'000, [](std::uint64_t seed) { return keeps_every_deposit(seed, false); });
  } catch (const flowcoro::test::SeedFailed& failed) {
    std::cout << "without a lock a deposit is lost, for example under seed " << failed.seed() << '\n';
  }
  flowcoro::test::for_each_seed(1, 1'000, [](std::uint64_t seed) { return keeps_every_deposit(seed, true); });
  std::cout << "with a lock none is, under 1000 seeds\n";

  try {
    flowcoro::test::for_each_seed(1, 1'000, [](std::uint64_t seed) {
      flowcoro::AsyncMutex a;
      flowcoro::AsyncMutex b;
      DeterministicScheduler scheduler{seed};
      scheduler.run(flowcoro::when_all(flowcoro::spawn(lock_both, std::ref(a), std::ref(b)),
                                       flowcoro::spawn(lock_both, std::ref(b), std::ref(a))));
    });
  } catch (const flowcoro::test::SeedFailed& failed) {
    std::cout << "seed " << failed.seed() << " ends in a deadlock\n"; // failed.what() has the places
  }
}
