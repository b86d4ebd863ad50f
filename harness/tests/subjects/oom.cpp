// Takes memory until it is stopped, or has 1 GiB.
#include "fake.hpp"

int main(int argc, char** argv) {
  const Call call = read_call(argc, argv);
  for (int i = 0; i < 1024 && call.phases > 0; ++i) {
    constexpr std::size_t chunk = 1U << 20U;
    auto* const memory = static_cast<volatile char*>(std::malloc(chunk));
    if (memory == nullptr) return 1;
    for (std::size_t at = 0; at < chunk; at += 1024) memory[at] = 1;
  }
  return say_done(call);
}
