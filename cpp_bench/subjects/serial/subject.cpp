#include "subject.hpp"

#include "flowbench_kit/build_info.hpp"

namespace {

std::shared_ptr<flowbench::Runtime> start(unsigned /*workers*/) { return std::make_shared<flowbench::Runtime>(); }

} // namespace

flowbench::Subject flowbench::describe_subject() {
  return {.id = FLOWBENCH_SUBJECT_ID,
          .version = standard_library_version(),
          .start = start,
          .workloads = registered_workloads(),
          .refusals = {
              {"yield", "a loop has no scheduler that a task could go back to"},
              {"sleep", "a loop sleeps one task after the other, so they are never asleep at once"},
              {"request", "a loop would serve one request after the other, 5 ms and more for each"},
              {"channel", "a loop has neither a producer nor a consumer that could wait for the other"},
              {"mutex", "a loop has one thread, so no task ever waits for the lock"},
              {"pool_priority", "a loop has no queue in which a task could wait for its turn"},
          }};
}
