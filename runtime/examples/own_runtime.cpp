/// A runtime of your own: how many workers, where lost exceptions go, and what is left at the end.
#include <flowcoro.hpp>

#include <exception>
#include <iostream>
#include <stdexcept>
#include <utility>

namespace {

void print_lost(std::exception_ptr error) {
  try {
    std::rethrow_exception(std::move(error));
  } catch (const std::exception& lost) {
    std::cout << "nobody waited for: " << lost.what() << '\n';
  }
}

int work_and_fail() { throw std::runtime_error{"a task that was dropped"}; }

/// Starts on one runtime and goes over to another.
flowcoro::Lazy<bool> move_over(flowcoro::Runtime& to) {
  const flowcoro::Scheduler* before = flowcoro::current_scheduler();
  co_await flowcoro::resume_on(to);
  co_return before != flowcoro::current_scheduler() && &to.scheduler() == flowcoro::current_scheduler();
}

} // namespace

int main() {
  flowcoro::Runtime background{{.workers = 1, .on_unhandled = print_lost}};
  flowcoro::Runtime runtime{{.workers = 2}};

  const bool moved = flowcoro::sync_wait(runtime, move_over(background));
  std::cout << "moved: " << std::boolalpha << moved << '\n';

  // A task object that goes leaves its task to the runtime.
  static_cast<void>(flowcoro::spawn_on(background, work_and_fail));

  // Every runtime shuts down in its destructor. Asked for, the shutdown tells what was left.
  const flowcoro::ShutdownReport report = background.shutdown();
  const flowcoro::RuntimeStats stats = background.stats();
  std::cout << "clean: " << report.clean() << ", unhandled: " << stats.unhandled << ", all ended: "
            << (stats.submitted + stats.moved_in == stats.completed + stats.cancelled + stats.moved_out) << '\n';
}
