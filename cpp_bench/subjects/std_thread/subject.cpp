#include "subject.hpp"

#include "flowbench_kit/build_info.hpp"

namespace {

std::shared_ptr<flowbench::Runtime> start(unsigned /*workers*/) { return std::make_shared<flowbench::Runtime>(); }

} // namespace

flowbench::Subject flowbench::describe_subject() {
  return {.id = FLOWBENCH_SUBJECT_ID,
          .version = standard_library_version(),
          .start = start,
          .workloads = registered_workloads()};
}
