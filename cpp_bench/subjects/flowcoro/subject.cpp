#include "subject.hpp"

#include <memory>

namespace {

using flowbench::Runtime;

std::shared_ptr<Runtime> start(unsigned workers) { return std::make_shared<Runtime>(workers); }

std::shared_ptr<Runtime> start_traced(unsigned workers) {
  auto runtime = std::make_shared<Runtime>(workers, std::make_unique<flowcoro::TraceBuffer>());
  runtime->trace->start();
  return runtime;
}

void write_trace(Runtime& runtime, std::ostream& out) {
  runtime.trace->stop();
  flowcoro::write_chrome_trace(out, runtime.trace->snapshot());
}

} // namespace

flowbench::Subject flowbench::describe_subject() {
  return {.id = FLOWBENCH_SUBJECT_ID,
          .version = FLOWBENCH_SUBJECT_VERSION,
          .start = start,
          .workloads = registered_workloads(),
          .library_flags = FLOWBENCH_LIBRARY_FLAGS,
          .tracing = flowbench::Tracing{.start = start_traced, .write = write_trace}};
}
