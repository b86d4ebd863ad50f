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

Register::Register(const char* id, WorkloadFunction run) { all().push_back({.id = id, .run = run}); }

std::vector<Workload> registered_workloads() {
  std::vector<Workload> workloads = all();
  std::ranges::sort(workloads, {}, &Workload::id);
  return workloads;
}

} // namespace flowbench
