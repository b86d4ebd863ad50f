#include "flowcoro/observe/await_chain.hpp"

#include "json_writer.hpp"

#include "flowcoro/coro/scheduler.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <ostream>
#include <unordered_map>
#include <utility>

namespace flowcoro {
namespace {

using Awaiter = TaskTrace::Awaiter;
using Up = detail::AwaitedBy::What;

struct Seen {
  TaskTrace task;
  detail::AwaitedBy up;
  const void* awaits = nullptr;
};

std::vector<Seen> tracked_tasks() {
  std::vector<Seen> all;
  task_registry().for_each_live([&all](const TaskView& view) {
    if (is_end(view.state) || view.state == TaskState::destroyed) return; // only its result is left
    const bool waits = view.state == TaskState::suspended;
    const SteadyTime now = steady_now();
    TaskTrace task{.coroutine = view.coroutine,
                   .waited_at = view.waits_at,
                   .id = view.id,
                   .name = std::string{view.name},
                   .note = std::string{view.note},
                   .state = view.state,
                   .created = view.created,
                   .age = std::max(now - view.created_at, Nanoseconds{0}),
                   .in_state = std::max(now - view.since, Nanoseconds{0}),
                   .waits_for = waits ? view.waits_for : std::string_view{},
                   .object = waits ? view.object : nullptr,
                   .thread = view.state == TaskState::running ? view.thread : nullptr,
                   .call = {}};
    all.push_back({std::move(task), view.awaited_by, waits ? view.awaits : nullptr});
  });
  std::sort(all.begin(), all.end(), [](const Seen& a, const Seen& b) { return a.task.id < b.task.id; });
  return all;
}

void set_awaiter(TaskTrace& task, const detail::AwaitedBy& up,
                 const std::unordered_map<const void*, std::size_t>& index_of) {
  task.between = up.between;
  switch (up.what) {
    case Up::nobody: task.awaiter = Awaiter::nobody; break;
    case Up::call:
      task.awaiter = Awaiter::call;
      task.call = up.call;
      break;
    case Up::group: task.awaiter = Awaiter::group; break;
    case Up::coroutine: task.awaiter = Awaiter::coroutine; break;
    case Up::task:
      const auto found = index_of.find(up.coroutine);
      task.awaiter = found != index_of.end() ? Awaiter::task : Awaiter::coroutine;
      if (found != index_of.end()) task.awaited_by = found->second;
      break;
  }
}

/// What is printed of a place: "file:line (function)".
struct At {
  const std::source_location& place;
};
std::ostream& operator<<(std::ostream& out, const At& at) {
  if (at.place.line() == 0) return out << "an unknown place";
  return out << at.place.file_name() << ':' << std::to_string(at.place.line()) << " (" << at.place.function_name()
             << ')';
}

std::string in_seconds(Nanoseconds time) {
  std::string fraction = std::to_string(time.count() % 1'000'000'000 / 1'000'000);
  fraction.insert(0, 3 - fraction.size(), '0');
  return std::to_string(time.count() / 1'000'000'000) + '.' + fraction + " s";
}

std::string hexadecimal(const void* address) {
  std::array<char, 18> text{'0', 'x'};
  const auto end =
      std::to_chars(text.data() + 2, text.data() + text.size(), reinterpret_cast<std::uintptr_t>(address), 16);
  return {text.data(), end.ptr};
}

std::string name_of(const TaskTrace& task) {
  if (task.id == 0) return "task at " + hexadecimal(task.coroutine);
  std::string name = "task " + std::to_string(task.id);
  if (!task.name.empty()) name += " \"" + task.name + '"';
  return name;
}

class TextWriter {
 public:
  TextWriter(std::ostream& out, const AwaitChains& chains)
      : out_{out}, chains_{chains}, awaits_(chains.tasks.size()), shown_(chains.tasks.size()) {
    for (std::size_t i = 0; i < chains.tasks.size(); ++i)
      if (const TaskTrace& task = chains.tasks[i]; task.awaiter == Awaiter::task) awaits_[task.awaited_by] = i + 1;
  }

  void write() {
    const auto& tasks = chains_.tasks;
    out_ << std::to_string(tasks.size()) << (tasks.size() == 1 ? " task, " : " tasks, ")
         << std::to_string(chains_.calls.size()) << " in sync_wait\n";
    for (const std::vector<std::size_t>& ring : chains_.rings()) {
      out_ << "\nring: each waits for the one before it, and the first for the last\n";
      for (std::size_t depth = 0; depth < ring.size(); ++depth) show(depth, ring[depth]);
    }
    for (std::size_t i = 0; i < tasks.size(); ++i)
      if (awaits_[i] == 0) stack_from(i);
    for (const std::source_location& call : chains_.calls) out_ << "\nsync_wait at " << At{call} << '\n';
  }

 private:
  void stack_from(std::size_t index) {
    out_ << '\n';
    for (std::size_t depth = 0;; ++depth) {
      const TaskTrace& task = chains_.tasks[index];
      if (shown_[index]) {
        out_ << '#' << std::to_string(depth) << "  " << name_of(task) << ", shown above\n";
        return;
      }
      show(depth, index);
      if (task.between != 0)
        out_ << "     (" << std::to_string(task.between) << " coroutines in between that are not tracked)\n";
      switch (task.awaiter) {
        case Awaiter::nobody: return;
        case Awaiter::group: out_ << "     joined by a group\n"; return;
        case Awaiter::coroutine: out_ << "     awaited by a coroutine that is not listed\n"; return;
        case Awaiter::call: out_ << "     awaited by sync_wait at " << At{task.call} << '\n'; return;
        case Awaiter::task: index = task.awaited_by; break;
      }
    }
  }

  void show(std::size_t depth, std::size_t index) {
    shown_[index] = true;
    const TaskTrace& task = chains_.tasks[index];
    out_ << '#' << std::to_string(depth) << "  " << name_of(task);
    if (!task.note.empty()) out_ << " (" << task.note << ')';
    if (!task.state.has_value()) {
      out_ << ", not tracked\n     first waited at " << At{task.waited_at} << '\n';
      return;
    }
    out_ << ", " << to_string(*task.state) << " for " << in_seconds(task.in_state) << " of " << in_seconds(task.age)
         << '\n';
    if (task.waited_at.line() != 0) {
      out_ << (*task.state == TaskState::suspended ? "     waits at " : "     last waited at ") << At{task.waited_at};
      if (!task.waits_for.empty()) out_ << " for " << task.waits_for;
      if (task.object != nullptr) out_ << ' ' << hexadecimal(task.object);
      if (const std::size_t awaited = awaits_[index]; awaited != 0) out_ << ": " << name_of(chains_.tasks[awaited - 1]);
      out_ << '\n';
    }
    out_ << "     created in " << At{task.created} << '\n';
  }

  std::ostream& out_;
  const AwaitChains& chains_;
  std::vector<std::size_t> awaits_; // one of those that it awaits, + 1; 0 for none
  std::vector<bool> shown_;
};

void write_place(detail::JsonWriter& json, const std::source_location& place) {
  json.begin_object();
  json.key("file");
  json.string(place.file_name());
  json.field("line", std::uint64_t{place.line()});
  json.key("function");
  json.string(place.function_name());
  json.end_object();
}
void write_field(detail::JsonWriter& json, std::string_view key, const std::source_location& place) {
  if (place.line() == 0) return;
  json.key(key);
  write_place(json, place);
}
void write_field(detail::JsonWriter& json, std::string_view key, std::string_view text) {
  if (text.empty()) return;
  json.key(key);
  json.string(text);
}
void write_field(detail::JsonWriter& json, std::string_view key, const void* address) {
  if (address != nullptr) write_field(json, key, std::string_view{hexadecimal(address)});
}
void write_field(detail::JsonWriter& json, std::string_view key, Nanoseconds time) {
  json.key(key);
  json.signed_number(time.count());
}

std::string_view to_string(Awaiter awaiter) noexcept {
  switch (awaiter) {
    case Awaiter::nobody: return "nobody";
    case Awaiter::task: return "task";
    case Awaiter::call: return "call";
    case Awaiter::group: return "group";
    case Awaiter::coroutine: return "coroutine";
  }
  return {};
}

void write_task(detail::JsonWriter& json, const TaskTrace& task) {
  json.begin_object();
  json.field("id", task.id);
  write_field(json, "coroutine", task.coroutine);
  write_field(json, "waited_at", task.waited_at);
  if (task.state.has_value()) {
    write_field(json, "name", std::string_view{task.name});
    write_field(json, "note", std::string_view{task.note});
    write_field(json, "state", flowcoro::to_string(*task.state));
    write_field(json, "created", task.created);
    write_field(json, "age_ns", task.age);
    write_field(json, "in_state_ns", task.in_state);
    write_field(json, "waits_for", task.waits_for);
    write_field(json, "object", task.object);
  }
  write_field(json, "awaiter", to_string(task.awaiter));
  if (task.awaiter == Awaiter::task) json.field("awaited_by", std::uint64_t{task.awaited_by});
  if (task.between != 0) json.field("between", std::uint64_t{task.between});
  write_field(json, "call", task.call);
  json.end_object();
}

} // namespace

std::vector<std::vector<std::size_t>> AwaitChains::rings() const {
  std::vector<std::vector<std::size_t>> found;
  // On which way up each task was met first.
  std::vector<std::size_t> met_on(tasks.size(), tasks.size());
  for (std::size_t way = 0; way < tasks.size(); ++way) {
    std::size_t here = way;
    while (met_on[here] == tasks.size()) {
      met_on[here] = way;
      if (tasks[here].awaiter != Awaiter::task) break;
      here = tasks[here].awaited_by;
    }
    if (met_on[here] != way || tasks[here].awaiter != Awaiter::task) continue;
    std::vector<std::size_t> ring;
    for (std::size_t next = here; ring.empty() || next != here; next = tasks[next].awaited_by) ring.push_back(next);
    std::rotate(ring.begin(), std::min_element(ring.begin(), ring.end()), ring.end());
    found.push_back(std::move(ring));
  }
  return found;
}

namespace {

AwaitChains look_once() {
  AwaitChains chains{.at = steady_now(), .tasks = {}, .calls = {}};
  LiveWork live;
  detail::for_each_scheduler([&live](Scheduler& scheduler) { scheduler.list_live(live); });
  std::vector<Seen> seen = tracked_tasks();

  std::unordered_map<const void*, std::size_t> index_of;
  for (std::size_t i = 0; i < seen.size(); ++i)
    if (seen[i].task.coroutine != nullptr) index_of.emplace(seen[i].task.coroutine, i);
  for (const LiveWork::Task& task : live.tasks) {
    if (!index_of.emplace(task.coroutine, seen.size()).second) continue; // what the registry says of it is more
    TaskTrace trace;
    trace.coroutine = task.coroutine;
    trace.waited_at = task.waited_at;
    seen.push_back({std::move(trace), task.awaited_by});
  }
  for (Seen& one : seen) set_awaiter(one.task, one.up, index_of);
  // What joins by means of its own is not known from below. A tracked task that awaits it knows.
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const auto awaited = index_of.find(seen[i].awaits);
    if (seen[i].awaits == nullptr || awaited == index_of.end()) continue;
    TaskTrace& below = seen[awaited->second].task;
    if (below.awaiter == Awaiter::task || below.awaiter == Awaiter::call) continue;
    below.awaiter = Awaiter::task;
    below.awaited_by = i;
  }
  chains.tasks.reserve(seen.size());
  for (Seen& one : seen) chains.tasks.push_back(std::move(one.task));
  chains.calls = std::move(live.calls);
  return chains;
}

/// The tasks were seen one after the other, and a frame may meanwhile have become another task's. What stands in both looks is so: an id
/// is given once, and who awaits a task stays the same until its end.
void forget_rings_that_pass(AwaitChains& now, const AwaitChains& before) {
  std::unordered_map<const void*, const TaskTrace*> known;
  for (const TaskTrace& task : before.tasks) known.emplace(task.coroutine, &task);
  for (const std::vector<std::size_t>& ring : now.rings()) {
    for (const std::size_t i : ring) {
      TaskTrace& task = now.tasks[i];
      const auto was = known.find(task.coroutine);
      if (was != known.end() && was->second->id == task.id && was->second->awaiter == Awaiter::task &&
          before.tasks[was->second->awaited_by].coroutine == now.tasks[task.awaited_by].coroutine)
        continue;
      task.awaiter = Awaiter::coroutine;
      break;
    }
  }
}

} // namespace

AwaitChains await_chains() {
  AwaitChains chains = look_once();
  if (chains.rings().empty()) return chains;
  AwaitChains again = look_once();
  forget_rings_that_pass(again, chains);
  return again;
}

void write_text(std::ostream& out, const AwaitChains& chains) { TextWriter{out, chains}.write(); }

void write_json(std::ostream& out, const AwaitChains& chains) {
  detail::JsonWriter json;
  json.begin_object();
  json.field("v", std::uint64_t{1});
  json.key("tasks");
  json.begin_array();
  for (const TaskTrace& task : chains.tasks) write_task(json, task);
  json.end_array();
  json.key("calls");
  json.begin_array();
  for (const std::source_location& call : chains.calls) write_place(json, call);
  json.end_array();
  json.key("rings");
  json.begin_array();
  for (const std::vector<std::size_t>& ring : chains.rings()) {
    json.begin_array();
    for (const std::size_t i : ring) json.number(std::uint64_t{i});
    json.end_array();
  }
  json.end_array();
  json.end_object();
  out << json.take();
}

} // namespace flowcoro
