#pragma once
/// Runs a small program of a few threads in every way that its schedule and C++ memory allow, within bounds.
///
/// The program is run again and again, each time from the start. At each operation on a model::Atomic the checker may let
/// another thread go on instead (at most Bounds::preemptions times in a run; where a thread has to wait that is free), and
/// chooses which store is read: see memory.hpp. Threads are fibers, so what is no model::Atomic or model::Plain is plain
/// sequential code, and the program's own bookkeeping needs no synchronisation.
///
/// The program must do the same in every run but for what it reads from the model. After a failure nothing is unwound.
#include "model/operation.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>

namespace flowcoro::model {

struct Bounds {
  static constexpr std::size_t unlimited = ~std::size_t{0};
  /// How often in a run a thread is interrupted that could go on.
  std::size_t preemptions = 2;
  /// How often in a run an operation is given something else than the newest: a load an older store, or a store a place before
  /// the last. No other bound keeps large programs small as well; small ones need it not.
  std::size_t stale = unlimited;
  /// How often in a run a weak compare-exchange fails, or a wait on a futex ends, for no reason.
  std::size_t spurious = 0;
  /// Whether a relaxed load may return what another thread stores only later (load buffering), as long as nothing orders the
  /// two. The value has to be one that the other thread stores after another outcome of the load, too: none comes out of thin air.
  bool load_buffering = false;
  /// A run with more operations does not end: it is a livelock.
  std::size_t operations = 2'000;
  /// More runs are not done: then the exploration is not complete.
  std::uint64_t runs = 20'000'000;
  /// Whether to interrupt a thread even before operations that no other thread can notice. That shows nothing new.
  bool interrupt_everywhere = false;
};

enum class Verdict : std::uint8_t {
  passed,     ///< all runs within the bounds
  incomplete, ///< no run of those that the bounds allow failed
  broken_check,
  data_race,
  bad_lifetime, ///< an access that construction does not happen before, or that does not happen before destruction
  deadlock,     ///< every thread waits; a lost wake-up is one
  livelock,
};
std::ostream& operator<<(std::ostream& out, Verdict verdict);

struct Report {
  Verdict verdict = Verdict::passed;
  std::string message;
  std::string choices; ///< of the failed run, for replay(): the preemptions it was allowed, and a path
  std::string trace;   ///< its operations, one a line
  std::uint64_t runs = 0;
  std::uint64_t operations = 0; ///< in all runs
};
std::ostream& operator<<(std::ostream& out, const Report& report);

/// The threads of a program.
class Threads {
 public:
  /// A thread that begins with join().
  void start(std::function<void()> body);
  /// One that need not end by itself: for join() it is enough that it waits and nobody is left to wake it.
  void serve(std::function<void()> body);
  /// Runs the threads. What the program did before happens before them, and they before what it does next.
  void join();
  /// Runs those that join() left waiting, and that the program has woken since, to their ends; in one way only.
  void join_servers();
};

using Program = std::function<void(Threads&)>;

/// Fewer preemptions first, so that a failure is found in its simplest schedule.
/// \param orders replaces the memory orders that are written in the program.
[[nodiscard]] Report explore(const Bounds& bounds, const Program& program, OrderPolicy* orders = nullptr);
/// One run, with a trace.
[[nodiscard]] Report replay(const Bounds& bounds, std::string_view choices, const Program& program,
                            OrderPolicy* orders = nullptr);

// For programs. A call that fails does not return.

void check(bool condition, std::string_view message);
/// Lets others go on: what belongs into a loop that waits for another thread's store.
void yield();

} // namespace flowcoro::model
