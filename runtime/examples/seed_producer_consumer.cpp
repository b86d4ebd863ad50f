// Two tasks that work together through a channel. Without one, awaiting the producer first would leave nobody to take what it makes.
#include <flowcoro.hpp>

#include <iostream>

using namespace flowcoro;

Channel<int> channel(2);

Task<void> producer() {
  for (int i = 1; i <= 5; ++i) {
    if (!co_await channel.send(i)) break;
  }
  channel.close();
}

Task<void> consumer() {
  while (auto value = co_await channel.receive()) std::cout << "consumed " << *value << std::endl;
}

Task<void> producer_consumer() {
  auto producer_task = producer();
  auto consumer_task = consumer();

  co_await producer_task;
  co_await consumer_task;
}

int main() { sync_wait(producer_consumer()); }
