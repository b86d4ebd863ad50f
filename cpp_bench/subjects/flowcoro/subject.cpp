#include "subject.hpp"

namespace {

std::shared_ptr<flowbench::Runtime> start(unsigned workers) { return std::make_shared<flowbench::Runtime>(workers); }

} // namespace

flowbench::Subject flowbench::describe_subject() {
  return {.id = FLOWBENCH_SUBJECT_ID,
          .version = FLOWBENCH_SUBJECT_VERSION,
          .start = start,
          .workloads = registered_workloads(),
          .library_flags = FLOWBENCH_LIBRARY_FLAGS};
}
