#include "model/source_text.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

/// What idle_workers_scenarios.cpp has transcribed from the scheduler does the same to the shared state, in the same order of the
/// text. It cannot be seen here under which conditions; who changes one of the two looks at the other.
namespace {

using flowcoro::model::behind_closing;
using flowcoro::model::bodies_of;
using flowcoro::model::in_name;
using flowcoro::model::source_text;

constexpr std::string_view transcription = "tests/model/idle_workers_scenarios.cpp";

struct Function {
  std::string_view file;
  std::string_view name;
};
std::ostream& operator<<(std::ostream& out, const Function& function) { return out << function.name; }

constexpr std::array calls = {
    "announce_parked", "claim",           "claim_any",      "begin_search", "end_search",       "search", "park",
    "work_in_sight",   "somebody_needed", "somebody_runs",  "wake_needed",  "wake_one",         "wake",   "unpark",
    "unpark_claimed",  "stop_workers",    "wake_for_local", "share_local",  "wake_for_injected"};
constexpr std::array atomics = {"stop", "stop_flag", "watching", "timekeeper"};

/// The calls above, and the operations on the atomics that are not relaxed.
[[nodiscard]] std::vector<std::string> steps_of(std::string_view body) {
  constexpr std::string_view order_prefix = "memory_order_";
  std::vector<std::string> steps;
  for (std::size_t at = 0; at < body.size(); ++at) {
    if (!in_name(body[at]) || in_name(body[at - 1])) continue;
    std::size_t end = at;
    while (in_name(body[end])) ++end;
    std::string name{body.substr(at, end - at)};
    if (std::ranges::find(calls, name) != calls.end() && body[end] == '(') steps.push_back(name);
    if (name.ends_with('_')) name.pop_back();
    if (std::ranges::find(atomics, name) == atomics.end()) continue;
    if (body.substr(end).starts_with("()")) end += 2;
    const std::size_t arguments = body.find('(', end);
    if (body[end] != '.' || arguments == std::string_view::npos) continue;
    const std::string_view all = body.substr(arguments, behind_closing(body, arguments) - arguments);
    std::size_t order = all.find(order_prefix);
    if (order == std::string_view::npos) continue;
    order += order_prefix.size();
    const std::string_view used = all.substr(order, all.find_first_of(",)", order) - order);
    if (used == "relaxed") continue;
    steps.push_back(name.substr(0, name.find("_flag")) + std::string{body.substr(end, arguments - end)} + " " +
                    std::string{used});
  }
  return steps;
}

class Transcription : public testing::TestWithParam<Function> {};

TEST_P(Transcription, TakesTheStepsOfTheScheduler) {
  const std::string scheduler = source_text(GetParam().file);
  const std::string scenarios = source_text(transcription);
  const auto originals = bodies_of(scheduler, GetParam().name);
  const auto transcribed = bodies_of(scenarios, GetParam().name);
  ASSERT_EQ(originals.size(), 1u);
  ASSERT_FALSE(transcribed.empty());
  const auto steps = steps_of(originals.front());
  EXPECT_FALSE(steps.empty());
  for (const std::string_view body : transcribed) EXPECT_EQ(steps_of(body), steps);
}

constexpr std::string_view worker = "src/sched/worker.cpp";
constexpr std::string_view core = "src/sched/runtime_core.cpp";
constexpr std::string_view core_header = "src/sched/runtime_core.hpp";
INSTANTIATE_TEST_SUITE_P(Of, Transcription,
                         testing::Values(Function{worker, "run"}, Function{worker, "park"},
                                         Function{worker, "leave_seat_to_thread"},
                                         Function{worker, "resign_as_timekeeper"},
                                         Function{worker, "become_timekeeper"}, Function{core, "wake_for_injected"},
                                         Function{core_header, "wake_for_local"}, Function{core, "share_local"},
                                         Function{core, "wake_one"}, Function{core, "wake"},
                                         Function{core, "unpark_claimed"}, Function{core, "stop_workers"}),
                         testing::PrintToStringParamName());

} // namespace
