// A program that process_test.cpp starts: how a process with running workers ends, forks, is signalled or is short of threads.
// Exit code 0, or the one that the test asks for, means that all went well; a reason for anything else is on stderr.
#include "flowcoro.hpp"

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
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <functional>
#include <iterator>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
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

/// What RLIMIT_DATA counts.
std::size_t data_bytes() {
  std::FILE* file = std::fopen("/proc/self/status", "re");
  char line[256];
  unsigned long long kib = 0;
  while (file != nullptr && std::fgets(line, sizeof line, file) != nullptr)
    if (std::sscanf(line, "VmData: %llu", &kib) == 1) break;
  if (file == nullptr || kib == 0) std::abort();
  std::fclose(file);
  return kib * 1024;
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

/// How a program ends that fails where nobody can receive it. Each of these throws an exception with its own name as text.
namespace fatal {

/// A local that fails while the exception of its coroutine goes past it.
class FailsToEnd {
 public:
  FailsToEnd() = default;
  FailsToEnd(FailsToEnd&& from) noexcept : fails_{std::exchange(from.fails_, false)} {}
  FailsToEnd& operator=(FailsToEnd&&) = delete;
  ~FailsToEnd() noexcept(false) {
    if (fails_) throw std::runtime_error{"destructor"};
  }

 private:
  bool fails_ = true;
};
Lazy<void> unwinds_lazily(bool waits) {
  const FailsToEnd local;
  if (waits) co_await flowcoro::yield();
  throw std::runtime_error{"body"};
}
Task<void> unwinds_eagerly() {
  const FailsToEnd local;
  throw std::runtime_error{"body"};
  co_return;
}
/// Never runs: its argument goes with its frame.
Lazy<void> never_runs(FailsToEnd) { co_return; }

/// Waits for what ends the process.
int wait_for_the_end() {
  for (;;) pause();
}
int destructor(std::string_view where) {
  if (where == "sync_wait") {
    try {
      sync_wait(unwinds_lazily(false));
    } catch (const std::exception&) {
      return failed("it reached the awaiter");
    }
  }
  if (where == "worker") {
    const auto task = flowcoro::spawn(unwinds_lazily, true);
    return wait_for_the_end();
  }
  if (where == "start") {
    try {
      const auto task = unwinds_eagerly();
    } catch (const std::exception&) {
      return failed("it reached the creator");
    }
  }
  if (where == "frame") {
    try {
      const auto task = never_runs({});
    } catch (const std::exception&) {
      return failed("it left the owner of the frame");
    }
  }
  return failed("it was lost");
}

/// A coroutine that lets an exception out to whoever resumes it.
struct LetsOut {
  struct promise_type {
    LetsOut get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    [[nodiscard]] std::suspend_always initial_suspend() const noexcept { return {}; }
    [[nodiscard]] std::suspend_always final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const { throw; }
  };
  std::coroutine_handle<promise_type> handle;
};
LetsOut throws_at_its_turn() {
  throw std::runtime_error{"turn"};
  co_return;
}

int callback(std::string_view which) {
  const auto fails = [which] { throw std::runtime_error{std::string{which}}; };
  if (which == "timer") {
    flowcoro::advanced_timeout_manager timeouts;
    timeouts.register_timeout(1ms, fails);
    return wait_for_the_end();
  }
  if (which == "stop") {
    flowcoro::cancellation_source source;
    const auto registration = source.token().register_callback(fails);
    source.cancel();
  }
  if (which == "scope_end") {
    const flowcoro::TaskScope scope{"scope", {}, fails};
  }
  if (which == "unhandled") {
    flowcoro::Runtime runtime{{.workers = 1, .on_unhandled = [&](std::exception_ptr) { fails(); }}};
    {
      const auto dropped = spawn_on(runtime, [] { throw 1; });
    }
    return wait_for_the_end();
  }
  if (which == "blocking") {
    flowcoro::BlockingPoolOptions options;
    options.on_unhandled = [&](std::exception_ptr) { fails(); };
    flowcoro::BlockingPool pool{options};
    pool.submit([] { throw 1; });
    return wait_for_the_end();
  }
  if (which == "turn") {
    flowcoro::Runtime runtime{{.workers = 1}};
    flowcoro::SharedFrame<LetsOut::promise_type> frame{throws_at_its_turn().handle};
    static_cast<void>(frame.schedule_resume(runtime.scheduler()));
    return wait_for_the_end();
  }
  return failed("it was lost");
}

} // namespace fatal

/// The end of the process is that of the fault, and not what a handler of the test makes of it.
int end_badly(std::string_view what, std::string_view where) {
  rlimit none{};
  setrlimit(RLIMIT_CORE, &none); // nobody reads the core
  return what == "destructor" ? fatal::destructor(where) : fatal::callback(where);
}

/// A pool of threads for calls that block, where `available` threads can be started.
int blocking_short_of_threads(int available) {
  using flowcoro::BlockingPool;
  std::thread{[] {}}.join(); // with the first thread a sanitizer may start one of its own, which must not count
  const bool counted = geteuid() == 0; // otherwise there is none
  std::optional<flowcoro::Runtime> runtime;
  if (!counted) runtime.emplace(flowcoro::RuntimeOptions{.workers = 1});
  if (!limit_threads(static_cast<rlim_t>(counted ? available + 1 : 0)))
    return failed("the number of threads cannot be limited");
  if (counted) runtime.emplace(flowcoro::RuntimeOptions{.workers = 1});
  const auto before = threads_of_this_process();
  const auto is_refusal = [](const std::system_error& error, int thread) {
    const std::string named = "thread " + std::to_string(thread) + " of a BlockingPool";
    return error.code() == std::errc::resource_unavailable_try_again &&
           std::string_view{error.what()}.find(named) != std::string_view::npos;
  };
  try {
    const BlockingPool pool{{.min_threads = static_cast<std::size_t>(available) + 1}};
    return failed("a pool has threads that are not allowed");
  } catch (const std::system_error& error) {
    if (!is_refusal(error, available + 1)) return failed(error.what());
  }
  while (threads_of_this_process() > before) std::this_thread::yield(); // a joined one is listed for a moment longer

  const auto call = [](BlockingPool& on, int number) -> Lazy<int> {
    auto running = on.run([number] { return number; });
    co_return co_await running;
  };
  BlockingPool pool;
  if (available == 0) {
    int refused = 0;
    try {
      pool.submit([] {});
    } catch (const std::system_error& error) {
      if (is_refusal(error, 1)) ++refused;
    }
    try {
      sync_wait(*runtime, call(pool, 1));
    } catch (const std::system_error& error) {
      if (is_refusal(error, 1)) ++refused;
    }
    if (refused != 2) return failed("a call without any thread was taken");
    if (pool.stats().queued != 0 || pool.stats().submitted != 0)
      return failed("a call that was refused is still there");
    lift_limit(); // and now there are some
    return sync_wait(*runtime, call(pool, 0));
  }
  std::atomic<bool> go_on{false};
  std::atomic<int> ran{0};
  // One for each thread that there is, and then those that have none.
  for (int i = 0; i < available; ++i) {
    pool.submit([&] {
      while (!go_on) std::this_thread::yield();
      ran.fetch_add(1);
    });
  }
  for (int i = 0; i < 100; ++i) pool.submit([&] { ran.fetch_add(1); });
  std::vector<Task<int>> calls;
  for (int i = 0; i < 10; ++i) calls.push_back(spawn_on(*runtime, call, std::ref(pool), i));
  while (pool.stats().queued != 110) std::this_thread::yield();
  if (pool.stats().threads != static_cast<std::size_t>(available))
    return failed("there are other threads than allowed");
  go_on = true;
  for (int i = 0; i < 10; ++i)
    if (sync_wait(*runtime, calls[static_cast<std::size_t>(i)]) != i) return failed("a call gave another result");
  pool.stop();
  lift_limit();
  return ran == available + 100 ? 0 : failed("work was lost");
}

/// Opens when the last one of the tree has come.
struct AllThere {
  explicit AllThere(std::uint64_t leaves) noexcept : missing{leaves} {}
  std::atomic<std::uint64_t> missing;
  flowcoro::ManualResetEvent opened;
};

/// A tree of tasks that all live at once.
Lazy<std::uint64_t> fan_out(int levels, AllThere& all) {
  if (levels == 0) {
    if (all.missing.fetch_sub(1) == 1) all.opened.set();
    auto opened = all.opened.wait();
    co_await opened;
    co_return 1;
  }
  auto left = flowcoro::spawn(fan_out, levels - 1, std::ref(all));
  auto right = flowcoro::spawn(fan_out, levels - 1, std::ref(all));
  const std::uint64_t a = co_await left;
  const std::uint64_t b = co_await right;
  co_return a + b + 1;
}

/// A tree of tasks that spawn two each, with `bytes` of memory for each task. \return 3 when that is too little.
int fan_out_within(int levels, std::size_t bytes) {
  flowcoro::Runtime runtime{{.workers = 2}};
  const auto count_tree = [&runtime](int height) {
    AllThere all{std::uint64_t{1} << height};
    auto tree = spawn_on(runtime, fan_out, height, std::ref(all));
    try {
      const std::uint64_t sum = sync_wait(runtime, tree);
      return sum;
    } catch (const std::bad_alloc&) {
      // Those that were dropped on the way use `all`.
      while (runtime.stats().alive() != 0) std::this_thread::yield();
      throw;
    }
  };
  count_tree(6); // what is needed once
  const std::uint64_t tasks = (std::uint64_t{2} << levels) - 1;
  const long before = resident_kib();
  rlimit limit{};
  getrlimit(RLIMIT_DATA, &limit);
  limit.rlim_cur = data_bytes() + tasks * bytes;
  // A sanitizer's shadow of the memory is data, too.
  const bool limited = bytes != 0 && !flowcoro::test::address_sanitized && !flowcoro::test::thread_sanitized;
  if (limited && setrlimit(RLIMIT_DATA, &limit) != 0) return failed("the memory cannot be limited");
  int result = 0;
  try {
    if (count_tree(levels) != tasks) return failed("the tree has another number of tasks");
  } catch (const std::bad_alloc&) {
    result = 3;
  }
  std::fprintf(stderr, "%llu tasks: %ld KiB more resident than before\n", static_cast<unsigned long long>(tasks),
               resident_kib() - before);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_DATA, &limit);
  if (count_tree(10) != 2047) return failed("the runtime is not usable any more");
  return result;
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
  if (mode == "blocking_threads" && argc > 2) return blocking_short_of_threads(std::atoi(argv[2]));
  if (mode == "fan_out" && argc > 3) return fan_out_within(std::atoi(argv[2]), std::strtoul(argv[3], nullptr, 10));
  if ((mode == "destructor" || mode == "callback") && argc > 2) return end_badly(mode, argv[2]);
  std::fprintf(
      stderr,
      "usage: %s return|exit|quick_exit|exit_from_task|static_destructor|fork|memory|one_cpu|signals\n"
      "       %s threads N | blocking_threads N | fan_out LEVELS BYTES_PER_TASK | destructor WHERE | callback WHICH\n",
      argv[0], argv[0]);
  return 2;
}
