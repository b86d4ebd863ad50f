// A few shares of the range for each worker; each task is a coroutine that its share awaits.

#include "flowbench_kit/mix.hpp"
#include "shares.hpp"

namespace asio_subject {
namespace {

Outcome run(Runtime& runtime, const Phase& phase) {
  return run_root(runtime, in_shares<&flowbench::mix>(runtime.pool.get_executor(), &phase));
}

const flowbench::Register workload{"fan_out", run, one_after_the_other};

} // namespace
} // namespace asio_subject
