#include "subject.hpp"

#include "flowbench_kit/build_info.hpp"

namespace {

std::shared_ptr<flowbench::Runtime> start(unsigned workers) { return std::make_shared<flowbench::Runtime>(workers); }

} // namespace

flowbench::Subject flowbench::describe_subject() {
  return {
      .id = FLOWBENCH_SUBJECT_ID,
      .version = standard_library_version(),
      .start = start,
      .workloads = registered_workloads(),
      .refusals = {
          {"sleep", "a sleeping task holds its worker, so no more tasks than workers are asleep at once"},
          {"request", "a sleeping task holds its worker, so no more requests than workers are served at once"},
          {"await_chain", "a task that waits for its child holds its worker, so a chain of 1,000 needs 1,000 workers"},
      }};
}
