#include "model/memory.hpp"

#include "flowcoro/base/assert.hpp"

#include <algorithm>

namespace flowcoro::model {
namespace {

[[nodiscard]] constexpr bool acquires(std::memory_order order) noexcept {
  return order == std::memory_order_acquire || order == std::memory_order_acq_rel || order == std::memory_order_seq_cst;
}
[[nodiscard]] constexpr bool releases(std::memory_order order) noexcept {
  return order == std::memory_order_release || order == std::memory_order_acq_rel || order == std::memory_order_seq_cst;
}

} // namespace

void Memory::clear(std::size_t stale, bool load_buffering) noexcept {
  stale_left_ = stale;
  load_buffering_ = load_buffering;
  impossible_ = false;
  owed_.clear();
  for (View& view : views_) {
    view.time.fill(0);
    view.seq_cst.fill(0);
    view.newest.fill(unseen);
  }
  count_ = 0;
  constructed_.fill(0);
  for (auto& operations : seq_cst_) operations.clear();
}

void Memory::start(ThreadId parent, ThreadId child) noexcept { views_[child] = views_[parent]; }

void Memory::join(ThreadId parent, ThreadId child) noexcept { merge(views_[parent], views_[child]); }

LocationId Memory::construct(ThreadId thread, Bits initial) {
  FLOWCORO_ASSERT(count_ < max_locations, "the program has more atomics than max_locations");
  if (count_ == locations_.size()) locations_.emplace_back();
  const auto id = static_cast<LocationId>(count_++);
  Location& at = locations_[id];
  at.stores.clear();
  at.order.clear();
  at.name = constructed_[thread]++ * max_threads + thread;
  at.seq_cst.clear();
  at.relaxed_loads.clear();
  at.destroyed = false;
  at.last_access.fill(0);
  at.last_access[thread] = now(thread).time;
  insert(thread, id, 0, initial, std::memory_order_relaxed, false);
  return id;
}

Access Memory::access(ThreadId thread, LocationId location) const noexcept {
  if (locations_[location].destroyed) return Access::after_destruction;
  return views_[thread].newest[location] == unseen ? Access::unseen_construction : Access::allowed;
}

bool Memory::destroy(ThreadId thread, LocationId location) noexcept {
  Location& at = locations_[location];
  at.destroyed = true;
  for (std::size_t other = 0; other < max_threads; ++other)
    if (!happens_before({static_cast<ThreadId>(other), at.last_access[other]}, thread)) return false;
  return true;
}

std::size_t Memory::choose_age(std::size_t options) {
  const std::size_t age = stale_left_ != 0 ? choices_.choose(options) : choices_.choose_first(options);
  if (age != 0) --stale_left_;
  return age;
}

Memory::Location& Memory::begin_access(ThreadId thread, LocationId location) noexcept {
  Location& at = locations_[location];
  at.last_access[thread] = now(thread).time;
  for (const EarlyLoad& load : owed_)
    if (load.when.thread == thread && load.location == location) impossible_ = true; // not modelled
  return at;
}

Memory::Counts Memory::seq_cst_before(ThreadId thread, const Location& at, std::size_t place,
                                      bool stores) const noexcept {
  Counts before{};
  const auto add = [&](std::size_t by, std::size_t number) {
    merge(before, seq_cst_[by][number]);
    before[by] = std::max(before[by], static_cast<std::uint16_t>(number + 1));
  };
  for (std::size_t by = 0; by < max_threads; ++by)
    if (views_[thread].seq_cst[by] != 0) add(by, views_[thread].seq_cst[by] - std::size_t{1});
  for (const SeqCst& other : at.seq_cst) {
    const std::size_t there = at.stores[other.store].place;
    if (there < place || (there == place && (stores || other.stores))) add(other.thread, other.number);
  }
  return before;
}

bool Memory::allowed(ThreadId thread, const Location& at, std::size_t place, Kind kind, bool seq_cst) const noexcept {
  if (kind != Kind::load && place + 1 != at.order.size() && at.stores[at.order[place + 1]].modifies) return false;
  if (!seq_cst || place + 1 == at.order.size()) return true;
  const Counts before = seq_cst_before(thread, at, place, kind != Kind::load);
  return std::ranges::none_of(at.seq_cst, [&](const SeqCst& other) {
    return at.stores[other.store].place > place && other.number < before[other.thread];
  });
}

void Memory::add_seq_cst(ThreadId thread, Location& at, std::size_t place, bool stores, StoreId store) {
  Counts before = seq_cst_before(thread, at, place, stores);
  const auto number = static_cast<std::uint16_t>(seq_cst_[thread].size());
  seq_cst_[thread].push_back(before);
  before[thread] = static_cast<std::uint16_t>(number + 1);
  views_[thread].seq_cst[thread] = before[thread];
  // What has been executed before, and yet comes behind.
  for (const SeqCst& other : at.seq_cst) {
    if (at.stores[other.store].place <= place) continue;
    merge(seq_cst_[other.thread][other.number], before);
    for (auto& operations : seq_cst_)
      for (Counts& operation : operations)
        if (other.number < operation[other.thread]) merge(operation, before);
  }
  at.seq_cst.push_back({thread, number, store, stores});
}

std::size_t Memory::choose_place(ThreadId thread, LocationId location, Kind kind, bool seq_cst) {
  const Location& at = locations_[location];
  const std::size_t seen = at.stores[views_[thread].newest[location]].place;
  std::size_t options = 0;
  for (std::size_t place = seen; place != at.order.size(); ++place)
    if (allowed(thread, at, place, kind, seq_cst)) ++options;
  std::size_t age = choose_age(options);
  std::size_t place = at.order.size() - 1;
  while (!allowed(thread, at, place, kind, seq_cst) || age-- != 0) --place;
  return place;
}

Bits Memory::value_at(LocationId location, std::size_t place) const noexcept {
  const Location& at = locations_[location];
  return at.stores[at.order[place]].value;
}

Bits Memory::load(ThreadId thread, LocationId location, std::memory_order order) {
  begin_access(thread, location);
  if (load_buffering_ && order == std::memory_order_relaxed && thread != 0) return load_early_or_not(thread, location);
  const std::size_t place = choose_place(thread, location, Kind::load, order == std::memory_order_seq_cst);
  load_at(thread, location, place, order);
  return value_at(location, place);
}

Bits Memory::load_early_or_not(ThreadId thread, LocationId location) {
  Location& at = locations_[location];
  const std::size_t seen = at.stores[views_[thread].newest[location]].place;
  std::vector<Bits> values;
  for (std::size_t place = at.order.size(); place-- > (stale_left_ != 0 ? seen : at.order.size() - 1);)
    values.push_back(value_at(location, place));
  const Choices::Open choice = choices_.choose_open(values);
  const Moment when{thread, views_[thread].time[thread]};
  if (choice.taken >= values.size()) {
    owed_.push_back({when, location, choice.added});
    return choice.added;
  }
  if (choice.taken != 0) --stale_left_;
  at.relaxed_loads.push_back({when, choice.place});
  load_at(thread, location, at.order.size() - 1 - choice.taken, std::memory_order_relaxed);
  return values[choice.taken];
}

void Memory::show_to_early_loads(ThreadId thread, LocationId location, StoreId id) {
  const Location& at = locations_[location];
  for (const RelaxedLoad& load : at.relaxed_loads)
    if (load.when.thread != thread && !happens_before(load.when, thread) && lasts_(at.stores[id].value))
      choices_.offer(load.choice, at.stores[id].value);
  for (std::size_t i = 0; i < owed_.size();) {
    const EarlyLoad load = owed_[i];
    const bool explained = load.location == location && load.value == at.stores[id].value &&
                           load.when.thread != thread && !happens_before(load.when, thread) &&
                           at.stores[id].place > at.stores[views_[load.when.thread].newest[location]].place;
    if (!explained) {
      ++i;
      continue;
    }
    owed_.erase(owed_.begin() + static_cast<std::ptrdiff_t>(i));
    explain(load, id);
  }
}

void Memory::explain(const EarlyLoad& load, StoreId id) {
  Location& at = locations_[load.location];
  const auto raise_if_later = [&](View& view) {
    if (view.time[load.when.thread] >= load.when.time) raise(view.newest[load.location], at, id);
  };
  for (std::size_t other = 0; other < max_threads; ++other) {
    // One that comes after the load may have read behind the store meanwhile: not modelled.
    if (other != load.when.thread && happens_before(load.when, static_cast<ThreadId>(other)) &&
        at.last_access[other] != 0)
      impossible_ = true;
    raise_if_later(views_[other]);
  }
  for (std::size_t i = 0; i < count_; ++i)
    for (Store& store : locations_[i].stores)
      if (store.releases) raise_if_later(store.released);
}

void Memory::store(ThreadId thread, LocationId location, Bits value, std::memory_order order) {
  begin_access(thread, location);
  const std::size_t place = choose_place(thread, location, Kind::store, order == std::memory_order_seq_cst);
  store_behind(thread, location, place, value, order);
}

std::size_t Memory::place_to_modify(ThreadId thread, LocationId location, std::memory_order order) {
  begin_access(thread, location);
  return choose_place(thread, location, Kind::modify, order == std::memory_order_seq_cst);
}

Memory::Exchanged Memory::compare_exchange(ThreadId thread, LocationId location, Bits& expected, Bits desired,
                                           std::memory_order success, std::memory_order failure, bool may_fail) {
  const Location& at = begin_access(thread, location);
  const std::size_t seen = at.stores[views_[thread].newest[location]].place;
  const auto may_load = [&](std::size_t place) {
    return allowed(thread, at, place, Kind::load, failure == std::memory_order_seq_cst);
  };
  // A failure is a load, and may read a stale store; a success modifies the store that it read.
  const auto holds = [&](std::size_t place) { return at.stores[at.order[place]].value == expected; };
  const auto possible = [&](std::size_t place) {
    return holds(place) ? allowed(thread, at, place, Kind::modify, success == std::memory_order_seq_cst)
                        : may_load(place);
  };
  if (may_fail) {
    std::size_t failing = at.order.size();
    for (std::size_t place = at.order.size(); place-- > seen;)
      if (holds(place) && may_load(place)) failing = place; // the oldest one tells the thread least
    if (failing != at.order.size() && choices_.choose(2) == 1) {
      load_at(thread, location, failing, failure);
      return Exchanged::no_for_no_reason;
    }
  }
  std::size_t options = 0;
  for (std::size_t place = seen; place != at.order.size(); ++place) options += possible(place) ? 1U : 0U;
  std::size_t age = choose_age(options);
  std::size_t place = at.order.size() - 1;
  while (!possible(place) || age-- != 0) --place;
  if (!holds(place)) {
    load_at(thread, location, place, failure);
    expected = value_at(location, place);
    return Exchanged::no;
  }
  modify_at(thread, location, place, desired, success);
  return Exchanged::yes;
}

Bits Memory::load_newest(ThreadId thread, LocationId location) {
  const std::size_t newest = begin_access(thread, location).order.size() - 1;
  load_at(thread, location, newest, std::memory_order_relaxed);
  return value_at(location, newest);
}

bool Memory::catch_up(ThreadId thread) noexcept {
  bool was_behind = false;
  for (std::size_t i = 0; i < count_; ++i) {
    StoreId& newest = views_[thread].newest[i];
    if (newest == unseen || newest == locations_[i].order.back()) continue;
    newest = locations_[i].order.back();
    was_behind = true;
  }
  return was_behind;
}

// What an operation acquires does not strongly happen before the operation itself, and a store does not strongly happen before
// what acquires it, unless that is seq_cst too. So the place in the total order is found first, and is not released.

void Memory::load_at(ThreadId thread, LocationId location, std::size_t place, std::memory_order order) {
  Location& at = locations_[location];
  if (order == std::memory_order_seq_cst) add_seq_cst(thread, at, place, false, at.order[place]);
  read(thread, at, location, place, order);
}

void Memory::store_behind(ThreadId thread, LocationId location, std::size_t place, Bits value,
                          std::memory_order order) {
  Location& at = locations_[location];
  if (order == std::memory_order_seq_cst) add_seq_cst(thread, at, place, true, static_cast<StoreId>(at.stores.size()));
  insert(thread, location, place + 1, value, order, false);
}

void Memory::modify_at(ThreadId thread, LocationId location, std::size_t place, Bits value, std::memory_order order) {
  Location& at = locations_[location];
  if (order == std::memory_order_seq_cst) add_seq_cst(thread, at, place, true, static_cast<StoreId>(at.stores.size()));
  read(thread, at, location, place, order);
  insert(thread, location, place + 1, value, order, true);
}

void Memory::read(ThreadId thread, const Location& at, LocationId location, std::size_t place,
                  std::memory_order order) noexcept {
  const Store& store = at.stores[at.order[place]];
  views_[thread].newest[location] = at.order[place]; // never older than what it has seen
  if (acquires(order) && store.releases) merge(views_[thread], store.released);
}

void Memory::insert(ThreadId thread, LocationId location, std::size_t place, Bits value, std::memory_order order,
                    bool modifies) {
  Location& at = locations_[location];
  const auto id = static_cast<StoreId>(at.stores.size());
  at.order.insert(at.order.begin() + static_cast<std::ptrdiff_t>(place), id);
  for (std::size_t i = place + 1; i < at.order.size(); ++i)
    at.stores[at.order[i]].place = static_cast<std::uint16_t>(i);
  Store& store = at.stores.emplace_back();
  store.value = value;
  store.place = static_cast<std::uint16_t>(place);
  store.modifies = modifies;
  views_[thread].newest[location] = id;
  const Store* head = modifies ? &at.stores[at.order[place - 1]] : nullptr;
  store.releases = releases(order);
  if (store.releases) {
    store.released = views_[thread];
    if (order == std::memory_order_seq_cst) --store.released.seq_cst[thread];
  }
  if (head != nullptr && head->releases) {
    if (store.releases)
      merge(store.released, head->released);
    else
      store.released = head->released;
    store.releases = true;
  }
  // What the thread does from now on is not released by this store.
  ++views_[thread].time[thread];
  if (load_buffering_) show_to_early_loads(thread, location, id);
}

void Memory::raise(StoreId& newest, const Location& at, StoreId store) const noexcept {
  if (newest == unseen || at.stores[store].place > at.stores[newest].place) newest = store;
}

void Memory::merge(Counts& into, const Counts& from) noexcept {
  for (std::size_t i = 0; i < max_threads; ++i) into[i] = std::max(into[i], from[i]);
}

void Memory::merge(View& into, const View& from) const noexcept {
  merge(into.time, from.time);
  merge(into.seq_cst, from.seq_cst);
  for (std::size_t i = 0; i < count_; ++i)
    if (from.newest[i] != unseen) raise(into.newest[i], locations_[i], from.newest[i]);
}

} // namespace flowcoro::model
