// A program that process_test.cpp starts: how a process with running workers ends, forks, is signalled or is short of threads.
// Exit code 0, or the one that the test asks for, means that all went well; a reason for anything else is on stderr.
#include "flowcoro/flowcoro.hpp"

#include "support/build.hpp"

#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using flowcoro::Lazy;
using flowcoro::Task;

[[nodiscard]] int failed(const char* why) {
  std::fprintf(stderr, "%s\n", why);
  return 1;
}

std::atomic<int> begun{0};

Lazy<void> sleep_long() {
  begun.fetch_add(1);
  co_await flowcoro::sleep_for(1h);
}
Lazy<void> work_forever() {
  begun.fetch_add(1);
  for (;;) co_await flowcoro::yield();
}

/// 1,000 sleepers and two tasks that never stop, on the default runtime; they live until the process ends.
void start_work() {
  static auto& tasks = *new std::vector<Task<>>;
  for (int i = 0; i < 1'000; ++i) tasks.push_back(flowcoro::spawn(sleep_long));
  for (int i = 0; i < 2; ++i) tasks.push_back(flowcoro::spawn(work_forever));
  while (begun != 1'002) std::this_thread::yield();
}

int fork_and_exec() {
  start_work();
  for (int i = 0; i < 20; ++i) {
    const pid_t pid = fork();
    if (pid < 0) return failed("fork failed");
    if (pid == 0) {
      execl("/bin/true", "true", static_cast<char*>(nullptr));
      _exit(127);
    }
    int status = 0;
    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
      return failed("the new program failed");
    auto task = flowcoro::spawn([] { return 1; });
    while (!task.done()) std::this_thread::yield();
  }
  return 0;
}

std::atomic<int> signals_seen{0};
std::atomic<int> signals_on_workers{0};

void count_signal(int) {
  signals_seen.fetch_add(1);
  if (flowcoro::current_scheduler() != nullptr) signals_on_workers.fetch_add(1);
}

/// A storm of signals to the process, while tasks of every kind run.
int signal_storm() {
  struct sigaction action{};
  action.sa_handler = count_signal; // without SA_RESTART, so that system calls end with EINTR
  sigaction(SIGUSR1, &action, nullptr);
  flowcoro::Runtime runtime{{.workers = 3}};
  std::atomic<bool> over{false};
  std::thread sender{[&over] {
    while (!over) {
      kill(getpid(), SIGUSR1);
      std::this_thread::sleep_for(50us);
    }
  }};
  std::vector<Task<>> tasks;
  for (int i = 0; i < 20; ++i) {
    tasks.push_back(spawn_on(runtime, []() -> Lazy<void> {
      for (int k = 0; k < 100; ++k) {
        const auto due = flowcoro::steady_now() + 100us;
        co_await flowcoro::sleep_until(due);
        if (flowcoro::steady_now() < due) throw std::runtime_error{"woken early by a signal"};
        co_await flowcoro::yield();
      }
    }));
  }
  for (auto& task : tasks) {
    while (!task.done()) std::this_thread::yield();
  }
  over = true;
  sender.join();
  for (auto& task : tasks) sync_wait(runtime, task);
  if (signals_seen == 0) return failed("no signal came");
  if (signals_on_workers != 0) return failed("a worker ran a signal handler");
  return 0;
}

std::ptrdiff_t threads_of_this_process() {
  const std::filesystem::directory_iterator tasks{"/proc/self/task"};
  return std::distance(begin(tasks), end(tasks));
}

/// Lets this process start `threads` more threads and no others. Root is not limited, so it becomes a user that has no process.
bool limit_threads(rlim_t threads) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NPROC, &limit) != 0) return false;
  limit.rlim_cur = geteuid() == 0 ? 1 + threads : threads;
  const auto nobody_else = static_cast<uid_t>(1'000'000 + getpid());
  // The system call itself: the library's function would change other threads of a sanitizer, too.
  if (geteuid() == 0 && syscall(SYS_setresuid, nobody_else, nobody_else, nobody_else) != 0) return false;
  return setrlimit(RLIMIT_NPROC, &limit) == 0;
}
/// The leak check at the end of the process needs a thread of its own.
void lift_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NPROC, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NPROC, &limit);
}

int short_of_threads(int available) {
  std::thread{[] {}}.join(); // with the first thread a sanitizer may start one of its own, which must not count
  const auto before = threads_of_this_process();
  if (!limit_threads(static_cast<rlim_t>(available))) return failed("the number of threads cannot be limited");
  try {
    const flowcoro::Runtime runtime{{.workers = 8}};
    return failed("a runtime with 8 workers started where that many threads are not allowed");
  } catch (const std::system_error& error) {
    if (error.code() != std::errc::resource_unavailable_try_again) return failed(error.what());
    const std::string named = "worker " + std::to_string(available + 1) + " of 8 ";
    if (std::string_view{error.what()}.find(named) == std::string_view::npos) return failed(error.what());
  }
  while (threads_of_this_process() > before) std::this_thread::yield(); // a joined one is listed for a moment longer
  std::this_thread::yield();                                            // a joined thread is listed for a moment longer
  int result = 0;
  if (available != 0) {
    flowcoro::Runtime smaller{{.workers = static_cast<unsigned>(available)}};
    result = sync_wait(smaller, spawn_on(smaller, [] { return 0; }));
  }
  lift_limit();
  return result;
}

/// 64 workers, the thread that waits, and a thread that spawns share one CPU.
int one_cpu() {
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(static_cast<std::size_t>(std::max(0, sched_getcpu())), &one);
  if (sched_setaffinity(0, sizeof one, &one) != 0) return failed("this process cannot be kept on one CPU");
  flowcoro::Runtime runtime{{.workers = 64}};
  flowcoro::AsyncMutex mutex;
  flowcoro::Channel<std::size_t> channel{4};
  std::size_t locked = 0;
  const std::size_t rounds = flowcoro::test::rounds(2'000);
  // One by one, so that each wake meets workers on their way to sleep.
  std::thread spawner{[&] {
    for (std::size_t i = 0; i < rounds; ++i) {
      const auto task = spawn_on(runtime, [] {});
      while (!task.done()) std::this_thread::yield();
    }
  }};
  std::vector<Task<>> tasks;
  for (std::size_t i = 0; i < 64; ++i) {
    tasks.push_back(spawn_on(runtime, [&, i]() -> Lazy<void> {
      for (std::size_t k = 0; k < rounds / 20; ++k) {
        {
          auto guard = co_await mutex.lock();
          ++locked;
          if (k % 3 == 0) co_await flowcoro::yield();
        }
        if (k % 10 == 0) co_await flowcoro::sleep_for(100us);
        if (i % 2 == 0)
          static_cast<void>(co_await channel.send(k));
        else
          static_cast<void>(co_await channel.receive());
      }
    }));
  }
  for (auto& task : tasks) sync_wait(runtime, task);
  spawner.join();
  return locked == 64 * (rounds / 20) ? 0 : failed("the mutex let two in at once");
}

/// Tasks from inside, all alive and waiting at once, then as many from outside, and as many timers in no order.
void burst(flowcoro::Runtime& runtime, std::size_t tasks) {
  sync_wait(runtime, [tasks]() -> Lazy<void> {
    std::vector<Task<>> all;
    for (std::size_t i = 0; i < tasks; ++i)
      all.push_back(flowcoro::spawn([]() -> Lazy<void> { co_await flowcoro::yield(); }));
    for (auto& task : all) co_await task;
  });
  std::vector<Task<>> all;
  for (std::size_t i = 0; i < tasks; ++i) {
    all.push_back(spawn_on(
        runtime,
        [](std::size_t number) -> Lazy<void> {
          co_await flowcoro::sleep_for(std::chrono::milliseconds{number * 7 % 100});
        },
        i));
  }
  for (auto& task : all) sync_wait(runtime, task);
}

long resident_kib() {
  std::FILE* file = std::fopen("/proc/self/statm", "re");
  long pages = 0;
  if (file == nullptr || std::fscanf(file, "%*d %ld", &pages) != 1) std::abort();
  std::fclose(file);
  return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/// A worker is idle a moment after its last task has ended.
bool trim_all(flowcoro::Runtime& runtime) {
  for (int i = 0; i < 10'000; ++i) {
    if (runtime.trim_memory().complete) return true;
    std::this_thread::sleep_for(1ms);
  }
  return false;
}

int memory_after_a_burst() {
  constexpr bool keeps_freed_memory = flowcoro::test::address_sanitized || flowcoro::test::thread_sanitized;
  flowcoro::Runtime runtime{{.workers = 2}};
  burst(runtime, 1'000);
  if (!trim_all(runtime)) return failed("the workers did not become idle");
  const long before = resident_kib();
  for (int i = 0; i < 2; ++i) {
    burst(runtime, keeps_freed_memory ? 10'000 : 1'000'000);
    const long peak = resident_kib();
    if (!trim_all(runtime)) return failed("the workers did not become idle");
    const long after = resident_kib();
    std::fprintf(stderr, "resident: before %ld KiB, after the burst %ld KiB, after the trim %ld KiB\n", before, peak,
                 after);
    if (keeps_freed_memory) continue;
    if (peak < 10 * before) return failed("the burst left too little behind for a trim to be seen");
    if (after > 2 * before) return failed("a trim left more than twice the memory from before the burst");
  }
  return 0;
}

struct UsesTheRuntimeAtExit {
  ~UsesTheRuntimeAtExit() {
    auto task = flowcoro::spawn([] { return 3; });
    if (sync_wait(task) != 3) std::_Exit(1);
  }
};

} // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc > 1 ? argv[1] : "";
  if (mode == "return") {
    start_work();
    return 7;
  }
  if (mode == "exit") {
    start_work();
    std::exit(7);
  }
  if (mode == "quick_exit") {
    start_work();
    std::quick_exit(7);
  }
  if (mode == "exit_from_task") {
    start_work();
    auto task = flowcoro::spawn([] { std::exit(7); });
    for (;;) pause();
  }
  if (mode == "static_destructor") {
    static const UsesTheRuntimeAtExit at_exit;
    start_work();
    return 7;
  }
  if (mode == "fork") return fork_and_exec();
  if (mode == "one_cpu") return one_cpu();
  if (mode == "memory") return memory_after_a_burst();
  if (mode == "signals") return signal_storm();
  if (mode == "threads" && argc > 2) return short_of_threads(std::atoi(argv[2]));
  std::fprintf(
      stderr,
      "usage: %s return|exit|quick_exit|exit_from_task|static_destructor|fork|memory|one_cpu|signals|threads N\n",
      argv[0]);
  return 2;
}
