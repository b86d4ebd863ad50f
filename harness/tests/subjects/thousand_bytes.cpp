// Touches exactly 1,000 bytes for each task: what the memory figures must come out at.
#include "fake.hpp"

int main(int argc, char** argv) {
  const Call call = read_call(argc, argv);
  for (long i = 0; i < call.phases; ++i) {
    const long before = status_bytes("VmRSS:");
    const auto bytes = static_cast<std::size_t>(call.tasks) * 1000;
    auto* const memory = static_cast<volatile char*>(std::malloc(bytes));
    if (memory == nullptr) return 1;
    for (std::size_t at = 0; at < bytes; ++at) memory[at] = 1;
    say_sample(i, before, status_bytes("VmHWM:"));
    std::free(const_cast<char*>(memory));
  }
  return say_done(call);
}
