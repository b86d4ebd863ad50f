#include "view.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <optional>

namespace flowcoro::top {
namespace {

[[nodiscard]] std::string with_unit(double value, const char* unit) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), value < 9.95 ? "%.1f%s" : "%.0f%s", value, unit);
  return text.data();
}

[[nodiscard]] std::string right(std::string_view text, std::size_t width) {
  std::string out(width > text.size() ? width - text.size() : 0, ' ');
  return out.append(text);
}

/// Characters, not bytes: a terminal gives each of most alphabets one place.
[[nodiscard]] std::string cut(std::string text, std::size_t columns) {
  std::size_t characters = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool begins = (static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U;
    if (begins && characters++ == columns) {
      text.resize(i);
      break;
    }
  }
  return text;
}

class Rates {
 public:
  Rates(const Sample* before, const Sample& now)
      : before_{before},
        seconds_{before == nullptr ? 0 : static_cast<double>(now.steady_ns - before->steady_ns) / 1e9} {}

  [[nodiscard]] bool known() const noexcept { return seconds_ > 0; }
  [[nodiscard]] const Sample& before() const noexcept { return *before_; }
  [[nodiscard]] std::string of(std::uint64_t earlier, std::uint64_t later) const {
    return known() ? short_number(static_cast<double>(later - std::min(earlier, later)) / seconds_) : "-";
  }
  /// Of a number of the sample.
  template <class Read>
  [[nodiscard]] std::string of(const Sample& now, Read read) const {
    return of(known() ? read(*before_) : 0, read(now));
  }
  [[nodiscard]] std::string percent(std::int64_t earlier_ns, std::int64_t later_ns) const {
    if (!known()) return "-";
    const double part = static_cast<double>(later_ns - earlier_ns) / 1e9 / seconds_;
    return std::to_string(std::lround(100 * std::clamp(part, 0.0, 1.0)));
  }

 private:
  const Sample* before_;
  double seconds_;
};

/// How late the timers were that fired between the two samples.
[[nodiscard]] std::map<std::uint64_t, std::uint64_t> new_lateness(const Rates& rates, const Sample& now) {
  std::map<std::uint64_t, std::uint64_t> fresh = now.lateness;
  if (rates.known())
    for (const auto& [bound, count] : rates.before().lateness)
      if (const auto found = fresh.find(bound); found != fresh.end()) found->second -= std::min(found->second, count);
  std::erase_if(fresh, [](const auto& bucket) { return bucket.second == 0; });
  return fresh;
}

[[nodiscard]] std::string percentile(const std::map<std::uint64_t, std::uint64_t>& buckets, double part) {
  std::uint64_t all = 0;
  for (const auto& [bound, count] : buckets) all += count;
  std::uint64_t so_far = 0;
  for (const auto& [bound, count] : buckets) {
    so_far += count;
    if (static_cast<double>(so_far) >= part * static_cast<double>(all)) return short_time(bound);
  }
  return "-";
}

[[nodiscard]] std::string tasks_line(const Rates& rates, const Sample& now) {
  const auto rate = [&](std::uint64_t Counts::* which) {
    return rates.of(now, [which](const Sample& s) { return s.all.*which; });
  };
  return "tasks   alive " + short_number(static_cast<double>(now.alive)) + "  submitted/s " + rate(&Counts::submitted) +
         "  completed/s " + rate(&Counts::completed) + "  failed/s " + rate(&Counts::failed) + "  cancelled/s " +
         rate(&Counts::cancelled);
}

[[nodiscard]] std::string timers_line(const Rates& rates, const Sample& now) {
  const auto late = new_lateness(rates, now);
  return "timers  active " + short_number(static_cast<double>(now.timers_active)) + "  fired/s " +
         rates.of(now, [](const Sample& s) { return s.all.timers_fired; }) + "  late p50 " + percentile(late, 0.5) +
         "  p99 " + percentile(late, 0.99) + "  max " + percentile(late, 1);
}

[[nodiscard]] std::string queues_line(const Rates& rates, const Sample& now) {
  std::uint64_t local = 0;
  for (const Worker& worker : now.workers) local += worker.queued;
  const std::uint64_t frames_before = rates.known() ? rates.before().frames : 0;
  const std::uint64_t own_before = rates.known() ? rates.before().frames_own : 0;
  const double frames = static_cast<double>(now.frames - std::min(frames_before, now.frames));
  const double own = static_cast<double>(now.frames_own - std::min(own_before, now.frames_own));
  std::string line = "queued  inject " + short_number(static_cast<double>(now.inject_queued)) + "  local " +
                     short_number(static_cast<double>(local)) + "  frames/s " +
                     rates.of(now, [](const Sample& s) { return s.frames; });
  if (frames > 0) line += " (" + std::to_string(std::lround(100 * own / frames)) + "% from the own list)";
  return line + "  mapped " + short_bytes(now.mapped_bytes);
}

[[nodiscard]] std::string pool_line(const Rates& rates, const Pool& pool) {
  std::optional<std::uint64_t> before;
  if (rates.known())
    for (const Pool& other : rates.before().pools)
      if (other.name == pool.name) before = other.ended;
  return "pool    " + pool.name + ": active " + short_number(static_cast<double>(pool.active)) + "  pending " +
         short_number(static_cast<double>(pool.pending)) + "  ended/s " +
         (before ? rates.of(*before, pool.ended) : "-") + "  p99 " + short_time(pool.p99_ns);
}

constexpr std::array<std::size_t, 9> widths{7, 9, 5, 8, 9, 9, 9, 9, 9};

[[nodiscard]] std::string row(const std::array<std::string, 9>& cells) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) line += right(cells[i], widths[i]);
  return line;
}

[[nodiscard]] std::string worker_row(const Rates& rates, const Sample& now, std::size_t index) {
  const Worker& worker = now.workers[index];
  const bool known = rates.known() && index < rates.before().workers.size();
  const Worker before = known ? rates.before().workers[index] : Worker{};
  const auto rate = [&](std::uint64_t Counts::* which) { return rates.of(before.counts.*which, worker.counts.*which); };
  const char* state = worker.parked ? "parked" : worker.guest ? "guest" : "running";
  return row({std::to_string(index), state, rates.percent(before.cpu_ns, worker.cpu_ns),
              short_number(static_cast<double>(worker.queued)), rate(&Counts::completed), rate(&Counts::steals),
              rate(&Counts::injected), rate(&Counts::parks), rate(&Counts::timers_fired)});
}

} // namespace

std::string short_number(double value) {
  if (value < 999.5) return value == std::floor(value) ? std::to_string(std::lround(value)) : with_unit(value, "");
  for (const char* unit : {"k", "M", "G", "T", "P"}) {
    value /= 1'000;
    if (value < 999.5) return with_unit(value, unit);
  }
  return with_unit(value / 1'000, "E");
}

std::string short_time(std::uint64_t ns) {
  if (ns < 1'000) return std::to_string(ns) + "ns";
  double value = static_cast<double>(ns);
  for (const char* unit : {"us", "ms"}) {
    value /= 1'000;
    if (value < 999.5) return with_unit(value, unit);
  }
  return with_unit(value / 1'000, "s");
}

std::string short_bytes(std::uint64_t bytes) {
  double value = static_cast<double>(bytes) / 1'024;
  for (const char* unit : {" KiB", " MiB", " GiB"}) {
    if (value < 999.5) return with_unit(value, unit);
    value /= 1'024;
  }
  return with_unit(value, " TiB");
}

Frame make_frame(const Sample* before, const Sample& now, Size size, std::string_view footer) {
  const Rates rates{before, now};
  std::vector<std::string> lines{"flowcoro-top  pid " + std::to_string(now.pid) +
                                     (now.runtime.empty() ? "" : "  runtime " + now.runtime) + "  workers " +
                                     std::to_string(now.workers.size()),
                                 tasks_line(rates, now), timers_line(rates, now), queues_line(rates, now)};
  // Workers before pools, where there is no room for all.
  constexpr std::size_t most_pools = 5;
  for (std::size_t i = 0; i < now.pools.size() && i < most_pools; ++i) lines.push_back(pool_line(rates, now.pools[i]));
  if (now.pools.size() > most_pools)
    lines.push_back("pool    … " + std::to_string(now.pools.size() - most_pools) + " more");
  lines.emplace_back();
  Frame frame{.lines = std::move(lines), .heading = 0};
  frame.heading = frame.lines.size();
  frame.lines.push_back(
      row({"worker", "state", "cpu%", "queued", "tasks/s", "steals/s", "inject/s", "parks/s", "timers/s"}));
  const std::size_t used = frame.lines.size() + 1; // and the footer
  const std::size_t room = size.rows > used ? size.rows - used : 0;
  const std::size_t shown = now.workers.size() <= room ? now.workers.size() : (room > 0 ? room - 1 : 0);
  for (std::size_t i = 0; i < shown; ++i) frame.lines.push_back(worker_row(rates, now, i));
  if (shown < now.workers.size() && room > 0)
    frame.lines.push_back("… " + std::to_string(now.workers.size() - shown) + " more workers: make the window higher");
  if (size.rows > 0 && frame.lines.size() >= size.rows) frame.lines.resize(size.rows - 1);
  if (!footer.empty()) frame.lines.emplace_back(footer);
  for (std::string& line : frame.lines) line = cut(std::move(line), size.columns);
  return frame;
}

} // namespace flowcoro::top
