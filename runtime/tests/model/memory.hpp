#pragma once
/// C++ memory: which store a load may read, where a store goes, and what happens before what.
///
/// Modelled, after [intro.races] and [atomics.order] of C++20, for one operation after the other:
/// - Each location has its modification order. A load reads any store that coherence and happens-before leave to it, the newest
///   or a stale one. A store takes any place behind what its thread has seen of the location. A read-modify-write reads the
///   store right before its own; nothing comes in between later.
/// - Release sequences: a release store, and the unbroken run of read-modify-writes behind it.
/// - seq_cst operations have a total order, which need not be the order of execution. It agrees with strongly happens-before, and
///   with the coherence order of each location: who reads a store comes behind it, who reads behind a store comes before it.
/// - Construction is a store that has to happen before every access, and destruction has to happen after every access.
///
/// - Load buffering, if it is asked for: a relaxed load reads a store that is executed later. It is given a value that was stored
///   later in a run that was the same up to there; a run in which that does not happen again is impossible, and does not count.
///
/// Not modelled: fences and consume; load buffering by read-modify-writes, and of a location that its thread uses again meanwhile.
#include "model/choices.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace flowcoro::model {

inline constexpr std::size_t max_threads = 5; // with the one that sets up
inline constexpr std::size_t max_locations = 96;

using ThreadId = std::uint8_t;
using LocationId = std::uint16_t;
using Bits = std::uint64_t;

/// A moment of a thread.
struct Moment {
  ThreadId thread = 0;
  std::uint16_t time = 0;
};

enum class Access : std::uint8_t { allowed, unseen_construction, after_destruction };

class Memory {
 public:
  /// \param lasts whether a value means the same in every run, and so may be loaded early: an address on the heap does not.
  Memory(Choices& choices, std::function<bool(Bits)> lasts) : choices_{choices}, lasts_{std::move(lasts)} {}

  /// Forgets everything, for the next run. Thread 0 is there.
  /// \param stale how often an operation may be given something else than the newest.
  void clear(std::size_t stale, bool load_buffering) noexcept;
  /// Has a load returned something that is not stored yet?
  [[nodiscard]] bool owes() const noexcept { return !owed_.empty(); }
  /// No store can come any more that explains what has been loaded.
  [[nodiscard]] bool impossible() const noexcept { return impossible_; }
  /// What the parent did so far happens before everything that the child does.
  void start(ThreadId parent, ThreadId child) noexcept;
  /// What the child did happens before everything that the parent does from now on.
  void join(ThreadId parent, ThreadId child) noexcept;

  [[nodiscard]] LocationId construct(ThreadId thread, Bits initial);
  /// The same for the same object in other runs: it was constructed by the same thread, after as many others.
  [[nodiscard]] std::size_t name_of(LocationId location) const noexcept { return locations_[location].name; }
  /// To be asked before each access.
  [[nodiscard]] Access access(ThreadId thread, LocationId location) const noexcept;
  /// \return false when an access of another thread does not happen before.
  [[nodiscard]] bool destroy(ThreadId thread, LocationId location) noexcept;

  [[nodiscard]] Bits load(ThreadId thread, LocationId location, std::memory_order order);
  void store(ThreadId thread, LocationId location, Bits value, std::memory_order order);
  /// Stores change(old). \return old.
  template <class Change>
  Bits modify(ThreadId thread, LocationId location, std::memory_order order, Change change) {
    const std::size_t place = place_to_modify(thread, location, order);
    const Bits old = value_at(location, place);
    modify_at(thread, location, place, change(old), order);
    return old;
  }
  enum class Exchanged : std::uint8_t { yes, no, no_for_no_reason };
  /// \param may_fail whether the comparison may fail although it holds.
  [[nodiscard]] Exchanged compare_exchange(ThreadId thread, LocationId location, Bits& expected, Bits desired,
                                           std::memory_order success, std::memory_order failure, bool may_fail);
  /// A load that is never stale, and that orders nothing else: what the kernel does to compare.
  [[nodiscard]] Bits load_newest(ThreadId thread, LocationId location);
  /// From now on the thread reads nothing that is stale now. For who waits: stores become visible after some time.
  /// \return whether it could have read something stale.
  bool catch_up(ThreadId thread) noexcept;

  /// The moment at which the thread does something to a plain variable.
  [[nodiscard]] Moment now(ThreadId thread) noexcept { return {thread, ++views_[thread].time[thread]}; }
  /// Does what happened at that moment happen before what the thread does next?
  [[nodiscard]] bool happens_before(Moment moment, ThreadId thread) const noexcept {
    return moment.time <= views_[thread].time[moment.thread];
  }

 private:
  using StoreId = std::uint16_t;
  static constexpr StoreId unseen = 0xffff;

  using Counts = std::array<std::uint16_t, max_threads>;

  /// What a thread knows at a moment: how far it is behind each thread, in time and in seq_cst operations, and the newest store
  /// of each location that it must not read behind.
  struct View {
    Counts time;
    Counts seq_cst;
    std::array<StoreId, max_locations> newest;
  };
  struct Store {
    Bits value;
    std::uint16_t place; // in modification order
    bool modifies;       // the store right before it
    bool releases;
    View released;
  };
  /// A seq_cst operation on a location.
  struct SeqCst {
    ThreadId thread;
    std::uint16_t number; // among those of the thread
    StoreId store;        // that it stored or read
    bool stores;
  };
  struct RelaxedLoad {
    Moment when;
    std::size_t choice;
  };
  struct EarlyLoad {
    Moment when;
    LocationId location;
    Bits value;
  };
  struct Location {
    std::vector<RelaxedLoad> relaxed_loads;
    std::vector<Store> stores;
    std::vector<StoreId> order; // modification order
    std::vector<SeqCst> seq_cst;
    std::size_t name;
    bool destroyed;
    Counts last_access;
  };
  /// Where an operation goes: a load reads the store at `place`, a store goes right behind it. A place that is not allowed is not
  /// among the candidates.
  enum class Kind : std::uint8_t { load, store, modify };

  [[nodiscard]] Bits load_early_or_not(ThreadId thread, LocationId location);
  /// A store may explain what others have loaded early, and may be one that others could have loaded early.
  void show_to_early_loads(ThreadId thread, LocationId location, StoreId id);
  void explain(const EarlyLoad& load, StoreId id);
  /// \return 0 for the newest.
  [[nodiscard]] std::size_t choose_age(std::size_t options);
  [[nodiscard]] std::size_t choose_place(ThreadId thread, LocationId location, Kind kind, bool seq_cst);
  Location& begin_access(ThreadId thread, LocationId location) noexcept;
  [[nodiscard]] bool allowed(ThreadId thread, const Location& at, std::size_t place, Kind kind,
                             bool seq_cst) const noexcept;
  /// What precedes a seq_cst operation at `place` in the total order.
  [[nodiscard]] Counts seq_cst_before(ThreadId thread, const Location& at, std::size_t place,
                                      bool stores) const noexcept;
  void add_seq_cst(ThreadId thread, Location& at, std::size_t place, bool stores, StoreId store);
  [[nodiscard]] std::size_t place_to_modify(ThreadId thread, LocationId location, std::memory_order order);
  [[nodiscard]] Bits value_at(LocationId location, std::size_t place) const noexcept;
  void modify_at(ThreadId thread, LocationId location, std::size_t place, Bits value, std::memory_order order);
  void load_at(ThreadId thread, LocationId location, std::size_t place, std::memory_order order);
  void store_behind(ThreadId thread, LocationId location, std::size_t place, Bits value, std::memory_order order);
  /// The part that loads and read-modify-writes have in common, and that of stores and read-modify-writes.
  void read(ThreadId thread, const Location& at, LocationId location, std::size_t place,
            std::memory_order order) noexcept;
  void insert(ThreadId thread, LocationId location, std::size_t place, Bits value, std::memory_order order,
              bool modifies);
  void raise(StoreId& newest, const Location& at, StoreId store) const noexcept;
  static void merge(Counts& into, const Counts& from) noexcept;
  void merge(View& into, const View& from) const noexcept;

  Choices& choices_;
  const std::function<bool(Bits)> lasts_;
  std::size_t stale_left_ = 0;
  bool load_buffering_ = false;
  bool impossible_ = false;
  std::vector<EarlyLoad> owed_;
  std::array<View, max_threads> views_;
  std::vector<Location> locations_; // those behind count_ are kept for their memory
  std::size_t count_ = 0;
  std::array<std::size_t, max_threads> constructed_{}; // by each thread
  // By thread and number: which seq_cst operations precede it in the total order. Closed: what precedes those is in it as well.
  std::array<std::vector<Counts>, max_threads> seq_cst_;
};

} // namespace flowcoro::model
