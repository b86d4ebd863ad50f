// Starts threads until it is refused one, and goes on trying.
#include <pthread.h>
#include <unistd.h>

#include "fake.hpp"

namespace {

void* wait_for_ever(void*) {
  while (true) pause();
}

} // namespace

int main(int argc, char** argv) {
  const Call call = read_call(argc, argv);
  while (call.phases > 0) {
    pthread_t thread{};
    if (pthread_create(&thread, nullptr, wait_for_ever, nullptr) != 0) usleep(1000);
  }
  return say_done(call);
}
