#include "flowcoro/sched/trace_buffer.hpp"

#include <algorithm>
#include <bit>
#include <limits>

namespace flowcoro {
namespace {

// The third word of an event: kind, other, amount, from the lowest bit on.
constexpr unsigned kind_bits = 8;
constexpr unsigned other_bits = 16;
constexpr std::uint64_t most_amount = (std::uint64_t{1} << (64 - kind_bits - other_bits)) - 1;

[[nodiscard]] TraceEvent unpack(const detail::TraceWords& words) noexcept {
  return {.at = SteadyTime{Nanoseconds{static_cast<std::int64_t>(words[0])}},
          .coroutine = words[1],
          .amount = words[2] >> (kind_bits + other_bits),
          .other = static_cast<std::uint16_t>(words[2] >> kind_bits),
          .kind = static_cast<TraceKind>(words[2] & ((1U << kind_bits) - 1))};
}

} // namespace

const char* name(TraceKind kind) noexcept {
  switch (kind) {
    case TraceKind::spawn: return "spawn";
    case TraceKind::run_begin: return "run_begin";
    case TraceKind::run_end: return "run_end";
    case TraceKind::park: return "park";
    case TraceKind::unpark: return "unpark";
    case TraceKind::steal: return "steal";
    case TraceKind::timer: return "timer";
  }
  return "unknown";
}

std::uint64_t TraceSnapshot::count(TraceKind kind) const noexcept {
  std::uint64_t sum = 0;
  for (const TraceLane& lane : lanes)
    sum += static_cast<std::uint64_t>(
        std::count_if(lane.events.begin(), lane.events.end(), [kind](const TraceEvent& e) { return e.kind == kind; }));
  return sum;
}

std::uint64_t TraceSnapshot::lost() const noexcept {
  std::uint64_t sum = 0;
  for (const TraceLane& lane : lanes) sum += lane.lost;
  return sum;
}

namespace detail {

void TraceLog::write(TraceKind kind, const void* coroutine, std::uint64_t amount, std::size_t other) noexcept {
  const std::uint64_t small_other = std::min<std::size_t>(other, std::numeric_limits<std::uint16_t>::max());
  ring_.push({static_cast<std::uint64_t>(steady_now().time_since_epoch().count()),
              std::bit_cast<std::uintptr_t>(coroutine),
              std::min(amount, most_amount) << (kind_bits + other_bits) | small_other << kind_bits |
                  static_cast<std::uint64_t>(kind)});
}

TraceLane TraceLog::read(SteadyTime since) const {
  const TraceRing::Events read = ring_.read(first_);
  TraceLane lane{.runtime = runtime_, .worker = worker_, .lost = read.first - first_, .events = {}};
  lane.events.reserve(read.events.size());
  for (const TraceWords& words : read.events) {
    const TraceEvent event = unpack(words);
    // A worker that was writing when the last trace was stopped may have been late for it.
    if (event.at >= since) lane.events.push_back(event);
  }
  return lane;
}

} // namespace detail

void TraceBuffer::start() noexcept {
  const std::lock_guard lock{mutex_};
  for (detail::TraceLog& log : logs_) log.restart();
  since_ = until_ = steady_now();
  recording_.store(true, std::memory_order_relaxed);
}

void TraceBuffer::stop() noexcept {
  const std::lock_guard lock{mutex_};
  if (!recording_.exchange(false, std::memory_order_relaxed)) return;
  until_ = steady_now();
}

TraceSnapshot TraceBuffer::snapshot() const {
  const std::lock_guard lock{mutex_};
  TraceSnapshot snapshot{.since = since_, .until = until_, .lanes = {}};
  for (const detail::TraceLog& log : logs_) snapshot.lanes.push_back(log.read(since_));
  if (recording()) snapshot.until = steady_now();
  return snapshot;
}

detail::TraceLogs TraceBuffer::attach(unsigned workers) {
  const std::lock_guard lock{mutex_};
  detail::TraceLogs logs;
  const auto add = [&](std::optional<unsigned> worker) {
    return &logs_.emplace_back(recording_, runtimes_, worker, capacity_);
  };
  for (unsigned i = 0; i < workers; ++i) logs.workers.push_back(add(i));
  logs.outside = add(std::nullopt);
  ++runtimes_;
  return logs;
}

} // namespace flowcoro
