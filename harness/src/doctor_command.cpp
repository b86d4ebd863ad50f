// `flowbench doctor`: is this machine fit for measuring?
#include <algorithm>
#include <iostream>

#include "commands.hpp"
#include "cpus.hpp"
#include "environment.hpp"
#include "executor/cgroup.hpp"
#include "failure.hpp"

namespace flowbench {
namespace {

// The worst of them; what is unknown is neither good nor bad.
Fitness overall(const std::vector<Check>& checks) {
  Fitness worst = Fitness::good;
  for (const Check& check : checks) {
    if (check.verdict == Fitness::bad || (check.verdict == Fitness::note && worst == Fitness::good))
      worst = check.verdict;
  }
  return worst;
}

void print(const Environment& environment, std::ostream& out) {
  out << environment.cpu_model << ", " << environment.cpus_online << " CPUs online, " << environment.cpus_allowed.size()
      << " allowed; " << environment.kernel << "; " << environment.cgroup << "\n\n";
  for (const Check& check : environment.checks) {
    std::string head(name(check.verdict));
    head.resize(9, ' ');
    out << head << check.id << ": " << check.seen << "\n";
    if (!check.advice.empty()) out << "         -> " << check.advice << "\n";
  }
}

} // namespace

int doctor_command(const DoctorOptions& options) {
  const TrialCgroup cgroup(TrialLimits{});
  const Environment environment =
      read_environment(cgroup.description(), watch_others(options.watch.window, allowed_cpus()), options.watch.lock);
  const Fitness verdict = overall(environment.checks);
  if (options.json) {
    const Json document{
        {"v", 1}, {"kind", "doctor"}, {"verdict", name(verdict)}, {"environment", to_json(environment)}};
    std::cout << document.dump(1, ' ', false, Json::error_handler_t::replace) << "\n";
  } else {
    print(environment, std::cout);
    std::cout << "\nThis machine is "
              << (verdict == Fitness::bad    ? "not fit for measuring: mend what is bad first."
                  : verdict == Fitness::note ? "fit for measuring, with the notes above."
                                             : "fit for measuring.")
              << std::endl;
  }
  return verdict == Fitness::bad ? exit_environment : exit_good;
}

} // namespace flowbench
