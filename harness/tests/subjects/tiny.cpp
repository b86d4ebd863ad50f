// Needs as little memory as a process can: the harness's own must not show in its peak.
#include "fake.hpp"

int main(int argc, char** argv) {
  const Call call = read_call(argc, argv);
  for (long i = 0; i < call.phases; ++i) say_sample(i, status_bytes("VmRSS:"), status_bytes("VmHWM:"));
  return say_done(call);
}
