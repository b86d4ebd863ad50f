/// A stop request ends waits; destructors run, and whoever awaits is told.
#include <flowcoro.hpp>

#include <chrono>
#include <iostream>

using namespace std::chrono_literals;

struct Cleanup {
  ~Cleanup() { std::cout << "cleaned up\n"; }
};

flowcoro::Task<int> answer_in_an_hour() {
  const Cleanup on_every_way_out;
  co_await flowcoro::sleep_for(1h);
  co_return 42;
}

/// Computes without waiting, so it looks at its token itself.
flowcoro::Lazy<long> count_until_stopped() {
  const flowcoro::StopToken stop = co_await flowcoro::this_task::stop_token();
  long turns = 0;
  while (!stop.stop_requested()) {
    ++turns;
    co_await flowcoro::yield();
  }
  co_return turns;
}

flowcoro::Lazy<int> time_out(std::chrono::milliseconds limit) {
  co_await flowcoro::sleep_for(limit);
  co_return 0;
}

flowcoro::Lazy<> run() {
  auto patient = answer_in_an_hour();
  patient.request_stop();
  try {
    co_await patient;
  } catch (const flowcoro::OperationCancelled& cancelled) {
    std::cout << cancelled.what() << '\n';
  }

  auto counter = flowcoro::spawn(count_until_stopped);
  counter.request_stop();
  std::cout << (co_await counter >= 0 ? "counted for a while\n" : "");

  // The first to end wins; the other is asked to stop, and has ended when when_any returns.
  auto race = flowcoro::when_any(answer_in_an_hour(), time_out(5ms));
  const auto first = co_await race;
  std::cout << "number " << first.index << " was first\n";
}

int main() { flowcoro::sync_wait(run()); }
