#include "flowcoro/observe/chrome_trace.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace flowcoro {
namespace {

void append(std::string& text, std::uint64_t number, int base = 10) {
  std::array<char, 20> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number, base);
  text.append(digits.data(), end);
}

/// Nanoseconds as microseconds with three decimals: exact.
void append_us(std::string& text, std::uint64_t ns) {
  append(text, ns / 1000);
  const std::string fraction = std::to_string(1000 + ns % 1000);
  text += '.';
  text.append(fraction, 1);
}

/// The spawns and first runs that belong together, by their place in a lane.
class Arrows {
 public:
  explicit Arrows(const TraceSnapshot& trace) {
    const SteadyTime complete_since = nothing_lost_since(trace);
    std::vector<Step> steps;
    for (std::size_t lane = 0; lane < trace.lanes.size(); ++lane) {
      const auto& events = trace.lanes[lane].events;
      for (std::size_t i = 0; i < events.size(); ++i)
        if (events[i].kind == TraceKind::run_begin ||
            (events[i].kind == TraceKind::spawn && events[i].at >= complete_since))
          steps.push_back({events[i].at, events[i].kind, lane, i, events[i].coroutine});
    }
    // At the same time a spawn comes first: spawn is the smaller kind.
    std::sort(steps.begin(), steps.end(),
              [](const Step& a, const Step& b) { return a.at != b.at ? a.at < b.at : a.kind < b.kind; });
    lanes_.resize(trace.lanes.size());
    std::unordered_map<std::uint64_t, const Step*> waiting; // by coroutine
    std::uint64_t arrows = 0;
    for (const Step& step : steps) {
      if (step.kind == TraceKind::spawn) {
        waiting[step.coroutine] = &step;
      } else if (const auto spawned = waiting.find(step.coroutine); spawned != waiting.end()) {
        ++arrows;
        lanes_[spawned->second->lane].emplace(spawned->second->event, arrows);
        lanes_[step.lane].emplace(step.event, arrows);
        waiting.erase(spawned);
      }
    }
  }

  /// \return its number, or 0 for none.
  [[nodiscard]] std::uint64_t at(std::size_t lane, std::size_t event) const {
    const auto found = lanes_[lane].find(event);
    return found == lanes_[lane].end() ? 0 : found->second;
  }

 private:
  struct Step {
    SteadyTime at;
    TraceKind kind;
    std::size_t lane;
    std::size_t event;
    std::uint64_t coroutine;
  };

  /// The first run of what was spawned before may be lost, and its address be that of another coroutine later.
  [[nodiscard]] static SteadyTime nothing_lost_since(const TraceSnapshot& trace) {
    SteadyTime since = trace.since;
    for (const TraceLane& lane : trace.lanes)
      if (lane.lost != 0) since = std::max(since, lane.events.empty() ? trace.until : lane.events.front().at);
    return since;
  }

  std::vector<std::unordered_map<std::size_t, std::uint64_t>> lanes_;
};

class Writer {
 public:
  Writer(std::ostream& out, const TraceSnapshot& trace) : out_{out}, trace_{trace}, arrows_{trace} {}

  void write() {
    text_ = R"({"displayTimeUnit":"ns","otherData":{"lost_events":")";
    append(text_, trace_.lost());
    text_ += R"("},"traceEvents":[)";
    for (std::size_t i = 0; i < trace_.lanes.size(); ++i) {
      name_lane(trace_.lanes[i]);
      write_lane(i);
    }
    text_ += "\n]}\n";
    flush();
  }

 private:
  enum class Slice { none, run, parked };

  void name_lane(const TraceLane& lane) {
    pid_ = lane.runtime + 1;
    // The threads that are no workers come behind those.
    std::uint64_t workers = 0;
    for (const TraceLane& other : trace_.lanes)
      if (other.runtime == lane.runtime && other.worker) ++workers;
    tid_ = lane.worker ? *lane.worker + 1 : workers + 1;
    std::string name = "outside";
    if (lane.worker) {
      name = "worker ";
      append(name, *lane.worker);
    }
    std::string process = "runtime ";
    append(process, lane.runtime);
    metadata("process_name", "name", '"' + process + '"');
    metadata("thread_name", "name", '"' + name + '"');
    metadata("thread_sort_index", "sort_index", std::to_string(tid_));
  }

  void metadata(std::string_view what, std::string_view key, std::string_view value) {
    begin_event('M');
    text_.append(R"(,"name":")").append(what).append(R"(","args":{")").append(key).append("\":").append(value) += "}}";
  }

  void write_lane(std::size_t number) {
    const TraceLane& lane = trace_.lanes[number];
    const auto& events = lane.events;
    SteadyTime end = trace_.until;
    if (!events.empty()) end = std::max(end, events.back().at);
    slice_ = Slice::none;
    open_what_was_cut(lane);
    for (std::size_t i = 0; i < events.size(); ++i) {
      const SteadyTime next = i + 1 < events.size() ? events[i + 1].at : end;
      write_event(events[i], next, arrows_.at(number, i));
      if (text_.size() > flush_bytes) flush();
    }
    close(end);
  }

  /// The first end that has no begin belongs to what the worker was at already.
  void open_what_was_cut(const TraceLane& lane) {
    const auto first = std::find_if(lane.events.begin(), lane.events.end(), [](const TraceEvent& e) {
      return e.kind == TraceKind::run_begin || e.kind == TraceKind::run_end || e.kind == TraceKind::park ||
             e.kind == TraceKind::unpark;
    });
    if (first == lane.events.end()) return;
    const SteadyTime begin = lane.lost == 0 ? trace_.since : lane.events.front().at;
    if (first->kind == TraceKind::run_end) open(Slice::run, begin, first->coroutine);
    if (first->kind == TraceKind::unpark) open(Slice::parked, begin, 0);
  }

  void write_event(const TraceEvent& event, SteadyTime next, std::uint64_t arrow) {
    switch (event.kind) {
      case TraceKind::spawn:
        begin_event('X', event.at);
        text_.append(R"(,"dur":)")
            .append(next > event.at ? "0.001" : "0.000")
            .append(R"(,"name":"spawn","cat":"task")");
        coroutine_args(event.coroutine);
        if (arrow != 0) flow('s', event.at, arrow, "");
        break;
      case TraceKind::run_begin:
        open(Slice::run, event.at, event.coroutine);
        if (arrow != 0) flow('f', event.at, arrow, R"(,"bp":"e")");
        break;
      case TraceKind::run_end:
      case TraceKind::unpark: close(event.at); break;
      case TraceKind::park: open(Slice::parked, event.at, 0); break;
      case TraceKind::steal:
        instant(event.at, "steal");
        text_ += R"(,"args":{"coroutines":)";
        append(text_, event.amount);
        text_ += R"(,"from":"worker )";
        append(text_, event.other);
        text_ += "\"}}";
        break;
      case TraceKind::timer:
        instant(event.at, "timer");
        text_ += R"(,"args":{"coroutine":"0x)";
        append(text_, event.coroutine, 16);
        text_ += R"(","late_us":)";
        append_us(text_, event.amount);
        text_ += "}}";
        break;
    }
  }

  void open(Slice slice, SteadyTime at, std::uint64_t coroutine) {
    close(at);
    slice_ = slice;
    begin_event('B', at);
    if (slice == Slice::parked) {
      text_ += R"(,"name":"parked","cat":"worker"})";
    } else {
      text_ += R"(,"name":"run","cat":"task")";
      coroutine_args(coroutine);
    }
  }

  void close(SteadyTime at) {
    if (slice_ == Slice::none) return;
    slice_ = Slice::none;
    begin_event('E', at);
    text_ += '}';
  }

  void flow(char phase, SteadyTime at, std::uint64_t id, std::string_view binding) {
    begin_event(phase, at);
    text_ += R"(,"id":)";
    append(text_, id);
    text_.append(binding) += R"(,"name":"first run","cat":"spawn"})";
  }

  void instant(SteadyTime at, std::string_view name) {
    begin_event('i', at);
    text_.append(R"(,"s":"t","name":")").append(name).append(R"(","cat":"worker")");
  }

  void coroutine_args(std::uint64_t coroutine) {
    text_ += R"(,"args":{"coroutine":"0x)";
    append(text_, coroutine, 16);
    text_ += "\"}}";
  }

  void begin_event(char phase) {
    text_ += std::exchange(first_, false) ? "\n" : ",\n";
    text_.append(R"({"ph":")") += phase;
    text_ += R"(","pid":)";
    append(text_, pid_);
    text_ += R"(,"tid":)";
    append(text_, tid_);
  }
  void begin_event(char phase, SteadyTime at) {
    begin_event(phase);
    text_ += R"(,"ts":)";
    append_us(text_, static_cast<std::uint64_t>(std::max<std::int64_t>((at - trace_.since).count(), 0)));
  }

  void flush() {
    out_.write(text_.data(), static_cast<std::streamsize>(text_.size()));
    text_.clear();
  }

  static constexpr std::size_t flush_bytes = std::size_t{1} << 16;

  std::ostream& out_;
  const TraceSnapshot& trace_;
  const Arrows arrows_;
  std::string text_;
  std::uint64_t pid_ = 0;
  std::uint64_t tid_ = 0;
  Slice slice_ = Slice::none;
  bool first_ = true;
};

} // namespace

void write_chrome_trace(std::ostream& out, const TraceSnapshot& trace) { Writer{out, trace}.write(); }

} // namespace flowcoro
