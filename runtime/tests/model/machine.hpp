#pragma once
/// What programs run on: threads that take turns, and the memory between them. model::Atomic and model::Plain stand in front.
#include "model/checker.hpp"
#include "model/choices.hpp"
#include "model/fiber.hpp"
#include "model/memory.hpp"
#include "model/operation.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace flowcoro::model {

class Machine {
 public:
  Machine(const Bounds& bounds, Choices& choices, OrderPolicy* orders);
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  enum class End : std::uint8_t {
    good,
    failed,     ///< failure() says why
    impossible, ///< not a run of the program after all: see load buffering in memory.hpp
  };
  [[nodiscard]] End run(const Program& program, std::size_t preemptions, bool traced);
  struct Failure {
    Verdict verdict = Verdict::passed;
    std::string message;
  };
  [[nodiscard]] const Failure& failure() const noexcept { return failure_; }
  [[nodiscard]] const std::string& trace() const noexcept { return trace_; }
  /// Where threads may be interrupted is learned from the runs, and used from this call on.
  /// \return whether the runs since the last one have shown anything new.
  [[nodiscard]] bool learn();
  [[nodiscard]] std::size_t operations() const noexcept { return operations_; }

  // For the program, from here on.

  void start(std::function<void()> body, bool serves);
  void join();
  void join_servers();
  void yield();
  /// The same address for a thread as long as it runs.
  [[nodiscard]] const void* identity() const noexcept { return &threads_[current_]; }
  [[noreturn]] void fail(Verdict verdict, std::string message);

  [[nodiscard]] LocationId construct(Bits initial) { return memory_.construct(current_, initial); }
  void destroy(LocationId location);
  [[nodiscard]] Bits load(LocationId location, std::memory_order order, const Spot& spot);
  void store(LocationId location, Bits value, std::memory_order order, const Spot& spot);
  /// Stores change(old, operand). \return old.
  using Change = Bits (*)(Bits old, Bits operand);
  Bits modify(LocationId location, Change change, Bits operand, std::memory_order order, const Spot& spot);
  /// Without an order for failures it is what is left of the other without the release.
  [[nodiscard]] bool compare_exchange(LocationId location, Bits& expected, Bits desired, std::memory_order success,
                                      std::optional<std::memory_order> failure, const Spot& spot);
  /// \return false when the time is over.
  [[nodiscard]] bool futex_wait(LocationId location, Bits expected, bool timed);
  void futex_wake(LocationId location, bool all);

  [[nodiscard]] Moment now() noexcept { return memory_.now(current_); }
  [[nodiscard]] bool happened_before(Moment moment) const noexcept { return memory_.happens_before(moment, current_); }

 private:
  enum class State : std::uint8_t { unused, ready, waiting, joining, failed, ended };
  struct Thread {
    State state = State::unused;
    bool serves = false;
    bool fresh = false;    // has done nothing since it was chosen
    bool met_none = false; // … that others could have noticed
    bool timed = false;
    bool woken = false;
    bool spins = false; // until another thread stores something
    LocationId waits_at = 0;
    std::uint64_t stores = 0;
    std::uint64_t stores_of_others = 0; // when it yielded last
    std::function<void()> body;
    std::unique_ptr<Fiber> fiber; // kept for the next run
  };
  using Candidates = std::array<ThreadId, max_threads>;
  /// Which threads have ever used a location, as bits.
  struct Users {
    std::uint8_t all = 0;
    std::uint8_t storing = 0;
    bool operator==(const Users&) const = default;
  };

  /// What the program keeps in its own variables stands where it stood in the runs before.
  [[nodiscard]] bool lasts(Bits value) const noexcept;
  [[nodiscard]] bool can_go_on(const Thread& thread) const noexcept;
  /// Those that can go on but for the current one. \return how many.
  [[nodiscard]] std::size_t others(Candidates& found) const noexcept;
  /// Where the thread may be interrupted, unless no other thread does anything that this operation could meet.
  void begin_operation(LocationId location, bool stores);
  /// The same, and the location has to be alive.
  void begin_access(LocationId location, bool stores);
  /// After each operation: a run may have become impossible, or a failure certain.
  void settle();
  [[noreturn]] void leave();
  void count_store() noexcept;
  /// The current thread waits or has ended.
  void let_go_on();
  void go_on_in(ThreadId next);
  void run_threads();
  void thread_ended();
  /// Has every thread ended, or may be left waiting?
  [[nodiscard]] bool all_done() const noexcept;
  void life_of(ThreadId thread);
  [[nodiscard]] std::memory_order order_of(const Spot& spot, Part part, std::memory_order written) const;
  void note(const Spot& spot, std::string_view what);
  void note(std::string_view what);

  const Bounds bounds_;
  Choices& choices_;
  OrderPolicy* const orders_;
  Memory memory_;
  // By Memory::name_of(): what is used, and what the runs have shown so far.
  std::vector<Users> users_;
  std::vector<Users> users_so_far_;
  Fiber host_;
  std::array<Thread, max_threads> threads_;
  ThreadId current_ = 0;
  std::size_t started_ = 0; // and the one that sets up
  bool servers_must_end_ = false;
  std::size_t preemptions_left_ = 0;
  std::size_t spurious_left_ = 0;
  std::size_t operations_ = 0;
  std::uint64_t stores_ = 0;
  Failure failure_; // for certain only when the memory owes nothing
  End end_ = End::good;
  bool traced_ = false;
  std::string trace_;
};

/// The one whose program calls; aborts outside of one.
[[nodiscard]] Machine& this_machine();

} // namespace flowcoro::model
