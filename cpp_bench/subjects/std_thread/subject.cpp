#include "subject.hpp"

#include <malloc.h>

#include "flowbench_kit/build_info.hpp"

namespace {

std::shared_ptr<flowbench::Runtime> start(unsigned /*workers*/) {
#ifdef __GLIBC__
  // Threads take all the mappings that the OS allows a process. The main heap grows without a new one; those that glibc makes
  // for further threads do not, and a task that wants a string would end the process.
  mallopt(M_ARENA_MAX, 1);
#endif
  return std::make_shared<flowbench::Runtime>();
}

} // namespace

flowbench::Subject flowbench::describe_subject() {
  return {.id = FLOWBENCH_SUBJECT_ID,
          .version = standard_library_version(),
          .start = start,
          .workloads = registered_workloads(),
          .refusals = {
              {"pool_priority",
               "a thread per task has neither a limit nor a queue: the OS starts each at once and shares the CPUs "
               "among all"},
          }};
}
