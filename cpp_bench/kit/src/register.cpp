#include <algorithm>
#include <vector>

#include "flowbench_kit/subject.hpp"

namespace flowbench {
namespace {

std::vector<Workload>& all() {
  static std::vector<Workload> workloads;
  return workloads;
}

} // namespace

Register::Register(const char* id, WorkloadFunction run, Unlike unlike) {
  all().push_back({.id = id, .run = run, .unlike = unlike.how});
}

std::vector<Workload> registered_workloads() {
  std::vector<Workload> workloads = all();
  std::ranges::sort(workloads, {}, &Workload::id);
  return workloads;
}

} // namespace flowbench
