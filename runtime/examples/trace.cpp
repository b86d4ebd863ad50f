/// What the workers did, as a file that ui.perfetto.dev and chrome://tracing open: `example_trace FILE`.
#include <flowcoro.hpp>

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

using namespace std::chrono_literals;

namespace {

std::uint64_t work(std::uint64_t rounds) {
  std::uint64_t x = rounds;
  for (std::uint64_t i = 0; i < rounds; ++i) x = x * 6364136223846793005U + 1442695040888963407U;
  return x;
}

flowcoro::Lazy<std::uint64_t> compute_and_sleep(std::uint64_t i) {
  const std::uint64_t first = work(20'000);
  co_await flowcoro::sleep_for(1ms * (1 + i % 4));
  co_await flowcoro::yield();
  co_return first + work(20'000);
}

flowcoro::Lazy<void> program() {
  std::vector<flowcoro::Task<std::uint64_t>> tasks;
  for (std::uint64_t i = 0; i < 40; ++i) tasks.push_back(flowcoro::spawn(compute_and_sleep, i));
  for (auto& task : tasks) static_cast<void>(co_await task);
}

} // namespace

int main(int argc, char** argv) {
  const std::filesystem::path file =
      argc > 1 ? std::filesystem::path{argv[1]}
               : std::filesystem::temp_directory_path() / ("flowcoro-trace-" + std::to_string(getpid()) + ".json");

  flowcoro::TraceBuffer trace; // outlives the runtime
  trace.start();
  flowcoro::RuntimeStats stats;
  {
    flowcoro::Runtime runtime{{.workers = 2, .trace = &trace}};
    flowcoro::sync_wait(runtime, program());
    static_cast<void>(runtime.shutdown());
    stats = runtime.stats();
  }
  trace.stop();

  const flowcoro::TraceSnapshot events = trace.snapshot();
  std::ofstream out{file};
  write_chrome_trace(out, events);
  const bool written = static_cast<bool>(out.flush());
  if (argc < 2) std::filesystem::remove(file);

  using flowcoro::TraceKind;
  std::cout << std::boolalpha << "written: " << written << ", lost: " << events.lost() << '\n'
            << "spawn: " << events.count(TraceKind::spawn) << ", timer: " << events.count(TraceKind::timer) << '\n'
            << "each run ended: " << (events.count(TraceKind::run_begin) == events.count(TraceKind::run_end))
            << ", at least one for each task, wake and yield: " << (events.count(TraceKind::run_begin) >= 3 * 40)
            << '\n'
            << "as many steals as were counted: " << (events.count(TraceKind::steal) == stats.steals) << '\n';
  return written ? EXIT_SUCCESS : EXIT_FAILURE;
}
