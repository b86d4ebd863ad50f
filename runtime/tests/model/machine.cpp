#include "model/machine.hpp"

#include "flowcoro/base/assert.hpp"
#include "support/build.hpp"

#include <cstdlib>
#include <sstream>
#include <utility>

#if FLOWCORO_TEST_ASAN
#include <sanitizer/lsan_interface.h>
#endif

namespace flowcoro::model {
namespace {

Machine* running = nullptr;

/// A program that fails leaves behind what it has allocated: that is no leak to report.
class ForgiveLeaks {
 public:
#if FLOWCORO_TEST_ASAN
  ForgiveLeaks() { __lsan_disable(); }
  ~ForgiveLeaks() { __lsan_enable(); }
#else
  ForgiveLeaks() {}
  ~ForgiveLeaks() {}
#endif
  ForgiveLeaks(const ForgiveLeaks&) = delete;
  ForgiveLeaks& operator=(const ForgiveLeaks&) = delete;
};

[[nodiscard]] constexpr std::memory_order without_release(std::memory_order order) noexcept {
  if (order == std::memory_order_acq_rel) return std::memory_order_acquire;
  return order == std::memory_order_release ? std::memory_order_relaxed : order;
}

[[nodiscard]] std::string hex(Bits value) {
  std::ostringstream text;
  text << (value < 10 ? "" : "0x") << std::hex << value;
  return text.str();
}

} // namespace

Machine& this_machine() {
  FLOWCORO_ASSERT(running != nullptr, "a model::Atomic is used outside of explore()");
  return *running;
}

Machine::Machine(const Bounds& bounds, Choices& choices, OrderPolicy* orders)
    : bounds_{bounds},
      choices_{choices},
      orders_{orders},
      memory_{choices, [this](Bits value) { return lasts(value); }} {
  threads_[0].fiber = std::make_unique<Fiber>([this] { life_of(0); });
}

Machine::~Machine() = default;

bool Machine::lasts(Bits value) const noexcept {
  constexpr Bits lowest_address = Bits{1} << 16;
  constexpr Bits highest_address = Bits{1} << 47;
  return value < lowest_address || value >= highest_address || threads_[0].fiber->holds(value);
}

Machine::End Machine::run(const Program& program, std::size_t preemptions, bool traced) {
  const ForgiveLeaks leaks;
  FLOWCORO_ASSERT(running == nullptr, "explore() is called by a program that is explored");
  running = this;
  memory_.clear(bounds_.stale, bounds_.load_buffering);
  for (Thread& thread : threads_) {
    thread.state = State::unused;
    thread.spins = false;
    thread.stores = 0;
    thread.stores_of_others = 0;
  }
  current_ = 0;
  started_ = 1;
  servers_must_end_ = false;
  preemptions_left_ = preemptions;
  spurious_left_ = bounds_.spurious;
  operations_ = 0;
  stores_ = 0;
  failure_ = {};
  end_ = End::good;
  traced_ = traced;
  trace_.clear();
  Thread& first = threads_[0];
  first.state = State::ready;
  first.fresh = true;
  first.body = [&program] {
    Threads threads;
    program(threads);
  };
  Fiber::switch_over(host_, *first.fiber);
  running = nullptr;
  for (Thread& thread : threads_) {
    FLOWCORO_ASSERT(end_ != End::good || thread.state == State::unused || thread.state == State::ended,
                    "the program did not join all of its threads");
    if (end_ != End::good && thread.fiber != nullptr) thread.fiber->restart(); // in the middle of something
  }
  return end_;
}

void Machine::life_of(ThreadId thread) {
  for (;;) {
    threads_[thread].body();
    thread_ended();
  }
}

void Machine::thread_ended() {
  threads_[current_].state = State::ended;
  if (current_ == 0) return Fiber::switch_over(*threads_[0].fiber, host_);
  let_go_on();
}

bool Machine::all_done() const noexcept {
  for (std::size_t i = 1; i < started_; ++i) {
    const Thread& thread = threads_[i];
    const bool left = thread.serves && !servers_must_end_ && thread.state == State::waiting && !thread.timed;
    if (thread.state != State::ended && !left) return false;
  }
  return true;
}

void Machine::start(std::function<void()> body, bool serves) {
  FLOWCORO_ASSERT(current_ == 0 && started_ < max_threads, "too many threads, or one started by another");
  const auto id = static_cast<ThreadId>(started_++);
  Thread& thread = threads_[id];
  thread.body = std::move(body);
  thread.serves = serves;
  thread.state = State::joining;
  if (thread.fiber == nullptr) thread.fiber = std::make_unique<Fiber>([this, id] { life_of(id); });
}

void Machine::join() {
  for (std::size_t i = 1; i < started_; ++i) {
    if (threads_[i].state != State::joining) continue;
    memory_.start(0, static_cast<ThreadId>(i));
    threads_[i].state = State::ready;
  }
  run_threads();
}

void Machine::join_servers() {
  choices_.stop_exploring();
  servers_must_end_ = true;
  run_threads();
}

void Machine::run_threads() {
  threads_[0].state = State::joining;
  let_go_on();
  if (memory_.owes()) {
    end_ = End::impossible;
    leave();
  }
  for (std::size_t i = 1; i < started_; ++i) memory_.join(0, static_cast<ThreadId>(i));
}

void Machine::yield() {
  Thread& self = threads_[current_];
  const bool was_behind = memory_.catch_up(current_);
  const std::uint64_t changes = stores_ - self.stores;
  // A whole turn of its loop without a change, or with one that it has not seen yet: it need not look again before there is one.
  self.spins = !was_behind && changes == self.stores_of_others;
  self.stores_of_others = changes;
  Candidates found;
  const std::size_t count = others(found);
  if (count != 0) return go_on_in(found[choices_.choose(count)]);
  if (!can_go_on(self)) fail(Verdict::livelock, "every thread that does not wait spins, and nothing changes");
}

void Machine::fail(Verdict verdict, std::string message) {
  if (traced_) note(message);
  if (failure_.verdict == Verdict::passed) failure_ = {verdict, std::move(message)};
  if (memory_.owes()) {
    // Only if somebody still stores what has been loaded.
    if (verdict != Verdict::deadlock && verdict != Verdict::livelock) {
      threads_[current_].state = State::failed;
      let_go_on();
    }
    end_ = End::impossible;
  } else {
    end_ = End::failed;
  }
  leave();
}

void Machine::leave() {
  Fiber::switch_over(*threads_[current_].fiber, host_);
  std::abort(); // the fiber is never switched to again
}

void Machine::settle() {
  if (memory_.impossible()) {
    end_ = End::impossible;
    leave();
  }
  if (failure_.verdict != Verdict::passed && !memory_.owes()) {
    end_ = End::failed;
    leave();
  }
}

bool Machine::can_go_on(const Thread& thread) const noexcept {
  if (thread.state == State::waiting) return thread.timed;
  return thread.state == State::ready && !(thread.spins && stores_ - thread.stores == thread.stores_of_others);
}

std::size_t Machine::others(Candidates& found) const noexcept {
  std::size_t count = 0;
  for (std::size_t i = 0; i < started_; ++i)
    if (i != current_ && can_go_on(threads_[i])) found[count++] = static_cast<ThreadId>(i);
  return count;
}

void Machine::let_go_on() {
  if (all_done()) {
    threads_[0].state = State::ready;
    return go_on_in(0);
  }
  Candidates found;
  std::size_t count = others(found);
  if (can_go_on(threads_[current_])) found[count++] = current_; // waits, but not for ever
  if (count == 0) {
    std::string waiting;
    for (std::size_t i = 1; i < started_; ++i)
      if (threads_[i].state == State::waiting) waiting += " " + std::to_string(i);
    if (waiting.empty()) fail(Verdict::livelock, "every thread spins, and nothing changes");
    fail(Verdict::deadlock, "nobody will wake thread" + waiting);
  }
  go_on_in(found[choices_.choose(count)]);
}

void Machine::go_on_in(ThreadId next) {
  Thread& thread = threads_[next];
  thread.fresh = true;
  thread.met_none = true;
  thread.spins = false;
  if (thread.state == State::waiting) {
    thread.state = State::ready;
    thread.woken = false; // its time is over
  }
  if (next == current_) return;
  Fiber& from = *threads_[current_].fiber;
  current_ = next;
  Fiber::switch_over(from, *thread.fiber);
}

void Machine::begin_operation(LocationId location, bool stores) {
  if (++operations_ > bounds_.operations) fail(Verdict::livelock, "the run does not end");
  const std::size_t name = memory_.name_of(location);
  if (name >= users_so_far_.size()) users_so_far_.resize(name + 1);
  const auto self = static_cast<std::uint8_t>(1U << current_);
  users_so_far_[name].all |= self;
  if (stores) users_so_far_[name].storing |= self;
  // An operation that meets none of another thread has the same effect before and after what others do meanwhile.
  const Users users = name < users_.size() ? users_[name] : Users{};
  const bool meets = bounds_.interrupt_everywhere || ((stores ? users.all : users.storing) & ~self) != 0;
  if (!threads_[current_].fresh && preemptions_left_ != 0) {
    Candidates found;
    const std::size_t options = 1 + others(found);
    const bool matters = meets && !threads_[current_].met_none;
    if (const std::size_t other = matters ? choices_.choose(options) : choices_.choose_first(options); other != 0) {
      --preemptions_left_;
      if (traced_) note("is interrupted");
      go_on_in(found[other - 1]);
    }
  }
  threads_[current_].fresh = false;
  if (meets) threads_[current_].met_none = false;
}

bool Machine::learn() {
  if (users_ == users_so_far_) return false;
  users_ = users_so_far_;
  return true;
}

void Machine::begin_access(LocationId location, bool stores) {
  begin_operation(location, stores);
  switch (memory_.access(current_, location)) {
    case Access::allowed: return;
    case Access::unseen_construction:
      fail(Verdict::bad_lifetime, "an atomic is used by a thread that its construction does not happen before");
    case Access::after_destruction: fail(Verdict::bad_lifetime, "an atomic is used after its destruction");
  }
}

void Machine::count_store() noexcept {
  ++stores_;
  ++threads_[current_].stores;
}

std::memory_order Machine::order_of(const Spot& spot, Part part, std::memory_order written) const {
  return orders_ == nullptr ? written : orders_->order(spot, part, written);
}

void Machine::destroy(LocationId location) {
  if (!memory_.destroy(current_, location))
    fail(Verdict::bad_lifetime, "an atomic is destroyed by a thread that its last use does not happen before");
}

Bits Machine::load(LocationId location, std::memory_order order, const Spot& spot) {
  begin_access(location, false);
  order = order_of(spot, Part::only, order);
  const Bits value = memory_.load(current_, location, order);
  if (traced_) note(spot, std::string{name_of(order)} + " -> " + hex(value));
  settle();
  return value;
}

void Machine::store(LocationId location, Bits value, std::memory_order order, const Spot& spot) {
  begin_access(location, true);
  order = order_of(spot, Part::only, order);
  memory_.store(current_, location, value, order);
  count_store();
  if (traced_) note(spot, std::string{name_of(order)} + " <- " + hex(value));
  settle();
}

Bits Machine::modify(LocationId location, Change change, Bits operand, std::memory_order order, const Spot& spot) {
  begin_access(location, true);
  order = order_of(spot, Part::only, order);
  const Bits old =
      memory_.modify(current_, location, order, [change, operand](Bits before) { return change(before, operand); });
  count_store();
  if (traced_) note(spot, std::string{name_of(order)} + " " + hex(old) + " -> " + hex(change(old, operand)));
  settle();
  return old;
}

bool Machine::compare_exchange(LocationId location, Bits& expected, Bits desired, std::memory_order success,
                               std::optional<std::memory_order> written_failure, const Spot& spot) {
  begin_access(location, true);
  success = order_of(spot, written_failure ? Part::success : Part::only, success);
  const std::memory_order failure =
      written_failure ? order_of(spot, Part::failure, *written_failure) : without_release(success);
  const bool weak = spot.operation == Operation::compare_exchange_weak;
  const Bits before = expected;
  const auto exchanged =
      memory_.compare_exchange(current_, location, expected, desired, success, failure, weak && spurious_left_ != 0);
  if (exchanged == Memory::Exchanged::yes) count_store();
  if (exchanged == Memory::Exchanged::no_for_no_reason) --spurious_left_;
  if (traced_) {
    const std::string orders = std::string{name_of(success)} + "/" + std::string{name_of(failure)} + " ";
    if (exchanged == Memory::Exchanged::yes)
      note(spot, orders + hex(before) + " -> " + hex(desired));
    else
      note(spot, orders + "fails, expected " + hex(before) + ", found " + hex(expected));
  }
  settle();
  return exchanged == Memory::Exchanged::yes;
}

bool Machine::futex_wait(LocationId location, Bits expected, bool timed) {
  begin_access(location, true);
  const Bits found = memory_.load_newest(current_, location);
  settle();
  if (found != expected) {
    if (traced_) note("does not wait: the word is " + hex(found));
    return true;
  }
  if (spurious_left_ != 0 && choices_.choose(2) == 1) {
    --spurious_left_;
    if (traced_) note("stops waiting for no reason");
    return true;
  }
  Thread& self = threads_[current_];
  self.state = State::waiting;
  self.waits_at = location;
  self.timed = timed;
  self.woken = true;
  if (traced_) note("waits");
  let_go_on();
  if (traced_) note(self.woken ? "is awake" : "has waited long enough");
  return self.woken;
}

void Machine::futex_wake(LocationId location, bool all) {
  begin_operation(location, true); // the word itself may be gone
  for (;;) {
    Candidates found;
    std::size_t count = 0;
    for (std::size_t i = 0; i < started_; ++i)
      if (threads_[i].state == State::waiting && threads_[i].waits_at == location)
        found[count++] = static_cast<ThreadId>(i);
    if (count == 0) return;
    const ThreadId woken = found[choices_.choose(count)];
    threads_[woken].state = State::ready;
    if (traced_) note("wakes thread " + std::to_string(woken));
    if (!all) return;
  }
}

void Machine::note(const Spot& spot, std::string_view what) {
  const std::string_view file = spot.where.file_name();
  note(std::string{file.substr(file.rfind('/') + 1)} + ":" + std::to_string(spot.where.line()) + " " +
       std::string{name_of(spot.operation)} + " " + std::string{what});
}

void Machine::note(std::string_view what) {
  trace_ += "  thread " + std::to_string(current_) + ": ";
  trace_ += what;
  trace_ += '\n';
}

} // namespace flowcoro::model
