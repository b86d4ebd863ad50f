// main() of a subject that is worse than it is: the asked workload by FLOWBENCH_INJECT_TIME_PERCENT of its time and
// FLOWBENCH_INJECT_BYTES_PERCENT of its memory. The subject's own objects are linked unchanged.

#include <algorithm>
#include <string_view>
#include <utility>

#include "flowbench_kit/program.hpp"
#include "injection.hpp"

namespace {

using namespace flowbench;

constexpr injection::Amount amount{.time_percent = FLOWBENCH_INJECT_TIME_PERCENT,
                                   .bytes_percent = FLOWBENCH_INJECT_BYTES_PERCENT};

// A workload is a plain function, which has nowhere to keep the one that it stands for. A process runs one workload.
WorkloadFunction original = nullptr;
bool is_first = true;

Outcome run_worse(Runtime& runtime, const Phase& phase) {
  return injection::run_worse(original, runtime, phase, amount, std::exchange(is_first, false));
}

std::string_view asked_workload(int argc, char** argv) {
  char** const end = argv + argc;
  char** const option = std::find(argv, end, std::string_view("--workload"));
  return end - option > 1 ? option[1] : std::string_view();
}

} // namespace

int main(int argc, char** argv) {
  return run_program(argc, argv, [&] {
    Subject subject = describe_subject();
    const auto workload = std::ranges::find(subject.workloads, asked_workload(argc, argv), &Workload::id);
    if (workload != subject.workloads.end()) original = std::exchange(workload->run, run_worse);
    return subject;
  });
}
