#include "subject.hpp"

namespace {

std::shared_ptr<flowbench::Runtime> start(unsigned workers) { return std::make_shared<flowbench::Runtime>(workers); }

} // namespace

flowbench::Subject flowbench::describe_subject() {
  return {.id = FLOWBENCH_SUBJECT_ID,
          .version = FLOWBENCH_SUBJECT_VERSION,
          .start = start,
          .workloads = registered_workloads(),
          .refusals =
              {
                  {"yield", "a task that yields would suspend, so it cannot finish on the creating thread"},
                  {"sleep", "a task that sleeps would suspend, so it cannot finish on the creating thread"},
                  {"request", "a task that sleeps would suspend, so it cannot finish on the creating thread"},
                  {"await_chain",
                   "the deepest task yields, so the whole chain would suspend and not finish on the creating thread"},
                  {"channel", "a full channel would suspend its producer, so it cannot finish on the creating thread"},
                  {"pool_priority", "a task that waits for its turn cannot finish on the creating thread"},
              },
          .library_flags = FLOWBENCH_LIBRARY_FLAGS};
}
