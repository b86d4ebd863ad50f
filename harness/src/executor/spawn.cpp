#include "spawn.hpp"

#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdint>

#include "../failure.hpp"

namespace flowbench {
namespace {

constexpr int result_fd = 3;
constexpr rlim_t open_files = 65536;

struct Pipe {
  FileDescriptor read, write;
};

Pipe make_pipe() {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) throw EnvironmentFailure("cannot make a pipe: " + error_text(errno));
  return {FileDescriptor(fds[0]), FileDescriptor(fds[1])};
}

// What the child needs, made before the fork: after it only async-signal-safe calls are allowed.
struct ChildPlan {
  std::vector<char*> arguments, environment;
  const char* working_directory;
  cpu_set_t cpus;
  bool bound_to_cpus;
  int in, out, err, result, status;
  std::vector<int> cgroup_procs;
  pid_t parent;
};

enum class Step : int { parent_gone, cgroup, working_directory, cpus, descriptors, exec };

struct StartError {
  Step step;
  int error;
};

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> result;
  for (const std::string& word : words) result.push_back(const_cast<char*>(word.c_str()));
  result.push_back(nullptr);
  return result;
}

[[noreturn]] void give_up(const ChildPlan& plan, Step step) {
  const StartError report{step, errno};
  // A pipe takes this much in one write; if the reader is gone there is nobody to tell.
  [[maybe_unused]] const ssize_t written = write(plan.status, &report, sizeof report);
  _exit(127);
}

void reset_signals() {
  // The kernel's own call: that of the C library refuses the two signals which it keeps for itself, and a parent may have
  // left them ignored.
  struct {
    void (*handler)(int) = SIG_DFL;
    unsigned long flags = 0;
    void (*restorer)() = nullptr;
    std::uint64_t mask = 0;
  } const action;
  for (int signal = 1; signal <= 64; ++signal) syscall(SYS_rt_sigaction, signal, &action, nullptr, sizeof action.mask);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

void limit_resources() {
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = std::min(files.rlim_max, open_files);
    setrlimit(RLIMIT_NOFILE, &files);
  }
}

// Descriptors 0 to 3 become what the contract says; all others close at exec.
bool arrange_descriptors(const ChildPlan& plan) {
  const std::array<int, 4> wanted{plan.in, plan.out, plan.err, plan.result};
  for (std::size_t target = 0; target < wanted.size(); ++target) {
    // Every source is above 3 (see above_standard), so no dup2 overwrites one that is still needed.
    if (dup2(wanted[target], static_cast<int>(target)) < 0) return false;
  }
  if (close_range(result_fd + 1, UINT_MAX, CLOSE_RANGE_CLOEXEC) == 0) return true;
  for (int fd = result_fd + 1; fd < 1024; ++fd) fcntl(fd, F_SETFD, FD_CLOEXEC); // kernels before 5.11
  return true;
}

[[noreturn]] void become_subject(const ChildPlan& plan) {
  setsid();
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != plan.parent) give_up(plan, Step::parent_gone);
  for (const int procs : plan.cgroup_procs) {
    if (write(procs, "0", 1) != 1) give_up(plan, Step::cgroup);
  }
  reset_signals();
  umask(022);
  limit_resources();
  if (chdir(plan.working_directory) != 0) give_up(plan, Step::working_directory);
  if (plan.bound_to_cpus && sched_setaffinity(0, sizeof plan.cpus, &plan.cpus) != 0) give_up(plan, Step::cpus);
  if (!arrange_descriptors(plan)) give_up(plan, Step::descriptors);
  execve(plan.arguments[0], plan.arguments.data(), plan.environment.data());
  give_up(plan, Step::exec);
}

// Returns the pid, 0 in the child, or -1 with errno.
pid_t fork_into(const TrialCgroup& cgroup, FileDescriptor& handle) {
  int pidfd = -1;
  clone_args arguments{};
  arguments.flags = CLONE_PIDFD;
  arguments.pidfd = reinterpret_cast<__u64>(&pidfd);
  arguments.exit_signal = SIGCHLD;
  if (cgroup.birth_fd() >= 0) {
    arguments.flags |= CLONE_INTO_CGROUP;
    arguments.cgroup = static_cast<__u64>(cgroup.birth_fd());
  }
  const auto pid = static_cast<pid_t>(syscall(SYS_clone3, &arguments, sizeof arguments));
  if (pid > 0) handle = FileDescriptor(pidfd);
  return pid;
}

// As fork_into(), where a sandbox forbids clone3: the process starts outside the group and joins it.
pid_t fork_plainly(FileDescriptor& handle) {
  const pid_t pid = fork();
  if (pid > 0) handle = FileDescriptor(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  return pid;
}

std::string describe(const StartError& report, const SpawnRequest& request) {
  const std::string why = error_text(report.error);
  switch (report.step) {
    case Step::parent_gone: return "flowbench ended meanwhile";
    case Step::cgroup: return "cannot join the control group: " + why;
    case Step::working_directory: return "cannot enter its working directory: " + why;
    case Step::cpus: return "cannot be bound to its CPUs: " + why;
    case Step::descriptors: return "cannot arrange its descriptors: " + why;
    case Step::exec: break;
  }
  const std::string& program = request.command[0];
  std::error_code error;
  if (report.error == ENOENT && fs::exists(program, error)) {
    return "cannot run " + program + ": its interpreter or loader does not exist";
  }
  return "cannot run " + program + ": " + why;
}

FileDescriptor above_standard(FileDescriptor fd) {
  if (fd.get() > result_fd) return fd;
  FileDescriptor moved(fcntl(fd.get(), F_DUPFD_CLOEXEC, result_fd + 1));
  if (!moved.is_open()) throw EnvironmentFailure("out of file descriptors: " + error_text(errno));
  return moved;
}

// Blocks until exec closed the pipe (nothing arrives) or the child says why it failed.
bool read_start_error(int fd, StartError& report) {
  ssize_t got = 0;
  do {
    got = read(fd, &report, sizeof report);
  } while (got < 0 && errno == EINTR);
  return got == sizeof report;
}

} // namespace

Child spawn(const SpawnRequest& request, const TrialCgroup& cgroup) {
  Pipe result = make_pipe(), out = make_pipe(), err = make_pipe(), status = make_pipe();
  FileDescriptor null = above_standard(FileDescriptor(open("/dev/null", O_RDONLY | O_CLOEXEC)));
  result.write = above_standard(std::move(result.write));
  out.write = above_standard(std::move(out.write));
  err.write = above_standard(std::move(err.write));
  status.write = above_standard(std::move(status.write));

  ChildPlan plan{.arguments = pointers(request.command),
                 .environment = pointers(request.environment),
                 .working_directory = request.working_directory.c_str(),
                 .cpus = {},
                 .bound_to_cpus = !request.cpus.empty(),
                 .in = null.get(),
                 .out = out.write.get(),
                 .err = err.write.get(),
                 .result = result.write.get(),
                 .status = status.write.get(),
                 .cgroup_procs = cgroup.join_fds(),
                 .parent = getpid()};
  for (const int cpu : request.cpus) {
    if (cpu < CPU_SETSIZE) CPU_SET(static_cast<std::size_t>(cpu), &plan.cpus);
  }

  Child child;
  child.pid = fork_into(cgroup, child.handle);
  if (child.pid == 0) become_subject(plan);
  if (child.pid < 0) {
    child.pid = fork_plainly(child.handle);
    if (child.pid == 0) become_subject(plan);
  }
  if (child.pid < 0) {
    child.error = "cannot fork: " + error_text(errno);
    return child;
  }
  status.write.reset();
  StartError report{};
  if (read_start_error(status.read.get(), report)) {
    waitpid(child.pid, nullptr, 0);
    child.error = describe(report, request);
    return child;
  }
  if (!child.handle.is_open()) {
    kill(child.pid, SIGKILL);
    waitpid(child.pid, nullptr, 0);
    throw EnvironmentFailure("this kernel has no pidfd (Linux 5.3 or newer is needed)");
  }
  child.result = std::move(result.read);
  child.out = std::move(out.read);
  child.err = std::move(err.read);
  for (const int fd : {child.result.get(), child.out.get(), child.err.get()}) fcntl(fd, F_SETFL, O_NONBLOCK);
  return child;
}

} // namespace flowbench
