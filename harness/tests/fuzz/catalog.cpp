// The registry of subjects and workloads: refused with one line, or read, and then its ids are names of files.
#include "catalog.hpp"

#include "failure.hpp"
#include "input.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const flowbench::fuzz::MemoryFile file(flowbench::fuzz::text_of(data, size));
  try {
    const flowbench::Catalog catalog = flowbench::load_catalog(file.path());
    for (const std::string& id : catalog.subject_ids()) {
      flowbench::fuzz::expect(!id.empty() && id[0] != '.' && id[0] != '-' && id.find('/') == std::string::npos);
    }
    for (const flowbench::Workload& workload : catalog.workloads) (void)workload.rules.least_wall_ns(1000);
  } catch (const flowbench::UsageFailure& failure) {
    flowbench::fuzz::expect(std::string_view(failure.what()).find('\n') == std::string_view::npos);
  }
  return 0;
}
