// The wrapping sum of mix(seed + i): an oracle for subjects that do the real work.
#include "fake.hpp"
#include "mix.hpp"

int main(int argc, char** argv) {
  Call call = read_call(argc, argv);
  const std::uint64_t seed = std::strtoull(call.seed.c_str(), nullptr, 10);
  std::uint64_t sum = 0;
  for (long i = 0; i < call.tasks; ++i) sum += flowbench::mix(seed + static_cast<std::uint64_t>(i));
  call.seed = std::to_string(sum);
  return say_done(call);
}
