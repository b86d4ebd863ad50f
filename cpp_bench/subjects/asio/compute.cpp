// As fan_out, with about 1 µs of work in each task.

#include "flowbench_kit/mix.hpp"
#include "shares.hpp"

namespace asio_subject {
namespace {

Outcome run(Runtime& runtime, const Phase& phase) {
  return run_root(runtime, in_shares<&flowbench::rounds>(runtime.pool.get_executor(), &phase));
}

const flowbench::Register workload{"compute", run, one_after_the_other};

} // namespace
} // namespace asio_subject
