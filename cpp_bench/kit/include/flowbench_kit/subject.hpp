#pragma once
// What a subject gives to the kit, and what the kit asks of it. The kit supplies main(); a subject supplies
//   subject.cpp       defines Runtime, and describe_subject()
//   <workload>.cpp    one workload each, made known by a static `const flowbench::Register`.

#include <cstdint>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "flowbench_kit/lateness.hpp"
#include "flowbench_kit/priority.hpp"

namespace flowbench {

/// The runtime under test, started before the first phase and stopped after the last. Each subject defines this
/// type for itself: the kit only owns it.
struct Runtime;

/// The work of one phase.
struct Phase {
  std::uint64_t tasks;
  std::uint64_t seed;
  unsigned workers;
  Lateness& lateness;       ///< where tasks that sleep record their wake-ups; shared by all phases
  QueueingDelays& queueing; ///< where tasks that wait by priority record their start; shared by all phases
};

/// A phase that ran to its end.
struct Finished {
  std::uint64_t completed; ///< tasks that were really joined
  std::uint64_t answer;
  std::optional<std::uint64_t> max_in_flight{};
  std::uint64_t throttled = 0; ///< how often a task had to wait for a free thread
  std::string throttle_reason{};
};

/// A case that this subject cannot do, here or at this size.
struct Unsupported {
  std::string reason;
  std::string limit{};                    ///< for example vm.max_map_count=65530
  std::optional<std::uint64_t> largest{}; ///< the largest number of tasks that was reached
};

using Outcome = std::variant<Finished, Unsupported>;
using WorkloadFunction = Outcome (*)(Runtime&, const Phase&);

/// How a subject's way of doing a workload is not quite the work that is asked for, in one line. It is measured all the
/// same; the report marks it and takes it out of the comparison.
struct Unlike {
  const char* how;
};

struct Workload {
  std::string id;
  WorkloadFunction run;
  std::string unlike{}; ///< the line of an Unlike; empty when it is the same work
};

/// A workload that the subject refuses. One that has a function too is answered with `--phases 0` but never timed:
/// so can an oracle give the answer to work that it cannot do in the way that is measured.
struct Refusal {
  std::string id;
  std::string reason;
};

/// How a subject keeps a trace of what its runtime does, for a call with --trace: a run of which no time counts.
struct Tracing {
  std::shared_ptr<Runtime> (*start)(unsigned workers); ///< as Subject::start; records from then on
  void (*write)(Runtime& runtime, std::ostream& out);  ///< one JSON object with `traceEvents`, as Perfetto opens it
};

struct Subject {
  std::string id;
  std::string version;
  std::shared_ptr<Runtime> (*start)(unsigned workers);
  std::vector<Workload> workloads;
  std::vector<Refusal> refusals{};
  std::string library_flags{}; ///< compiler flags that its library asks for, beside those that every C++ subject gets
  std::optional<Tracing> tracing{}; ///< nothing: it writes no trace
};

/// Makes a workload known: `const flowbench::Register spawn_join{"spawn_join", run};`, or with a third word
/// `flowbench::Unlike{"tasks are plain functions: none could wait"}` where that is not quite the same work.
class Register {
 public:
  Register(const char* id, WorkloadFunction run, Unlike unlike = {""});
};

/// All registered workloads, ordered by id. Call it in main(), not while statics are being made.
[[nodiscard]] std::vector<Workload> registered_workloads();

/// Defined by each subject: `id` is FLOWBENCH_SUBJECT_ID, which the build sets, `workloads` the registered ones.
[[nodiscard]] Subject describe_subject();

} // namespace flowbench
