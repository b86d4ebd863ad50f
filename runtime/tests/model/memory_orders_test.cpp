#include "model/scenarios.hpp"
#include "model/source_text.hpp"
#include "model/written_orders.hpp"
#include "support/build.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Each memory order of the lock-free parts is made weaker, one at a time. docs/memory_orders.md lists what becomes of it: killed,
/// and the scenario that fails, or equivalent, and why. A list that lacks something is told what to add.
///
/// That nothing fails with an equivalent order takes long to show, so that is done with one preemption and the small scenarios
/// here, not at all under a sanitizer, and with all of both with FLOWCORO_MODEL_DEEPER=1.
namespace {

using flowcoro::model::Bounds;
using flowcoro::model::explore;
using flowcoro::model::name_of;
using flowcoro::model::no_weaker;
using flowcoro::model::NoteUses;
using flowcoro::model::Part;
using flowcoro::model::Scenario;
using flowcoro::model::source_text;
using flowcoro::model::Verdict;
using flowcoro::model::WeakenOne;
using flowcoro::model::weaker;
using flowcoro::model::written_orders;
using flowcoro::model::WrittenOrder;

constexpr bool sanitized = flowcoro::test::address_sanitized || flowcoro::test::thread_sanitized;
constexpr std::string_view order_prefix = "memory_order_";

/// The columns of a row but the last: function, operation, written order, weaker order, outcome.
[[nodiscard]] std::string row(const WrittenOrder& written, std::memory_order used, bool killed) {
  std::ostringstream text;
  text << "| `" << written.function << "` | `" << written.object << '.' << name_of(written.operation) << '`';
  if (written.number != 1) text << " no. " << written.number;
  if (written.part == Part::failure) text << " failing";
  text << " | " << name_of(written.order) << " | " << name_of(used) << " | " << (killed ? "killed" : "equivalent")
       << " |";
  return text.str();
}

/// The rows of a header's section, and what is written in their last column.
[[nodiscard]] std::map<std::string, std::string> listed_rows(std::string_view header) {
  std::ifstream file{FLOWCORO_MEMORY_ORDERS};
  EXPECT_TRUE(file.is_open()) << FLOWCORO_MEMORY_ORDERS;
  std::map<std::string, std::string> rows;
  bool in_section = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("## ")) in_section = line == "## " + std::string{header};
    if (!in_section || !line.starts_with("| `")) continue;
    const std::size_t last = line.rfind('|', line.size() - 2);
    const bool inserted = rows.emplace(line.substr(0, last + 1), line.substr(last + 1)).second;
    EXPECT_TRUE(inserted) << "listed twice: " << line;
  }
  return rows;
}

class MemoryOrders : public testing::TestWithParam<std::string_view> {
 protected:
  MemoryOrders() : orders_{written_orders(GetParam())} {}

  /// Explores one scenario with a weaker order.
  [[nodiscard]] Verdict with(std::size_t i, std::memory_order used, std::string_view scenario) {
    const auto found = std::ranges::find(scenarios_, scenario, &Scenario::name);
    return found == scenarios_.end() ? Verdict::incomplete : with(i, used, *found, found->bounds);
  }

  /// Explores all that use the order. \return the name of one that fails, or nothing.
  [[nodiscard]] std::string_view failing_with(std::size_t i, std::memory_order used, bool all_preemptions) {
    find_uses();
    EXPECT_TRUE(std::ranges::any_of(uses_, [i](const Use& use) { return use.notes.used(i); }))
        << "by no scenario: " << row(orders_[i], orders_[i].order, false);
    for (const Use& use : uses_) {
      if (!use.notes.used(i) || (!all_preemptions && use.cost > small_cost)) continue;
      const Bounds bounds = all_preemptions ? use.scenario->bounds : with_one_preemption(*use.scenario);
      if (with(i, used, *use.scenario, bounds) != Verdict::passed) return use.scenario->name;
    }
    return "";
  }

  const std::vector<WrittenOrder> orders_;

 private:
  /// In operations, with one preemption.
  static constexpr std::uint64_t small_cost = 100'000;

  struct Use {
    const Scenario* scenario;
    NoteUses notes;
    std::uint64_t cost = 0;
  };

  [[nodiscard]] static Bounds with_one_preemption(const Scenario& scenario) {
    Bounds bounds = scenario.bounds;
    bounds.preemptions = std::min<std::size_t>(bounds.preemptions, 1);
    return bounds;
  }

  [[nodiscard]] Verdict with(std::size_t i, std::memory_order used, const Scenario& scenario, const Bounds& bounds) {
    WeakenOne weakened{GetParam(), orders_[i], used};
    return explore(bounds, scenario.program, &weakened).verdict;
  }

  void find_uses() {
    if (!uses_.empty()) return;
    for (const Scenario& scenario : scenarios_) {
      if (scenario.large && !flowcoro::model::explores_deeper()) continue;
      Use& use = uses_.emplace_back(&scenario, NoteUses{GetParam(), orders_});
      use.cost = explore(with_one_preemption(scenario), scenario.program, &use.notes).operations;
    }
    // Cheap ones first: most weakened orders do not get beyond them.
    std::ranges::sort(uses_, {}, &Use::cost);
  }

  const std::vector<Scenario> scenarios_ = flowcoro::model::all_scenarios();
  std::vector<Use> uses_;
};

/// How many orders of the text give a guarantee.
[[nodiscard]] std::size_t count_orders(std::string_view text) {
  std::size_t count = 0;
  for (std::size_t at = text.find(order_prefix); at != std::string_view::npos; at = text.find(order_prefix, at + 1))
    count += text.substr(at + order_prefix.size()).starts_with("relaxed") ? 0U : 1U;
  return count;
}

TEST_P(MemoryOrders, AreAllFoundInTheText) {
  EXPECT_GT(orders_.size(), 0u);
  EXPECT_EQ(orders_.size(), count_orders(source_text("include/" + std::string{GetParam()})));
}

/// The name between the first two backticks.
[[nodiscard]] std::string named_in(const std::string& why) {
  const std::size_t begin = why.find('`') + 1;
  return begin == 0 ? "" : why.substr(begin, why.find('`', begin) - begin);
}

/// Of each written order the list has the weakest with which nothing fails and the strongest with which something does: they tell
/// the rest.
TEST_P(MemoryOrders, AreAsTheListSaysWhenTheyAreWeakened) {
  std::map<std::string, std::string> listed = listed_rows(GetParam());
  const bool deeper = flowcoro::model::explores_deeper();
  for (std::size_t i = 0; i < orders_.size(); ++i) {
    std::vector<std::memory_order> killed;
    std::vector<std::memory_order> equivalent;
    for (const std::memory_order used : weaker(orders_[i])) {
      const auto as_killed = listed.find(row(orders_[i], used, true));
      const auto as_equivalent = listed.find(row(orders_[i], used, false));
      if (as_killed != listed.end()) {
        const std::string scenario = named_in(as_killed->second);
        const Verdict verdict = with(i, used, scenario);
        EXPECT_TRUE(verdict != Verdict::passed && verdict != Verdict::incomplete)
            << as_killed->first << ' ' << verdict << " in the scenario '" << scenario << "'";
        killed.push_back(used);
        listed.erase(as_killed);
      } else if (as_equivalent != listed.end()) {
        EXPECT_GT(as_equivalent->second.size(), 20u) << "without a reason: " << as_equivalent->first;
        if (!sanitized) {
          EXPECT_EQ(failing_with(i, used, deeper), "") << as_equivalent->first;
        }
        equivalent.push_back(used);
        listed.erase(as_equivalent);
      }
    }
    for (const std::memory_order used : weaker(orders_[i])) {
      const bool fails = std::ranges::any_of(killed, [used](auto weak) { return no_weaker(weak, used); });
      const bool holds = std::ranges::any_of(equivalent, [used](auto strong) { return no_weaker(used, strong); });
      EXPECT_FALSE(fails && holds) << "listed as both: " << row(orders_[i], used, true);
      if (fails || holds) continue;
      const std::string_view scenario = failing_with(i, used, true);
      ADD_FAILURE() << "not in the list, nor told by it:\n"
                    << row(orders_[i], used, !scenario.empty()) << " `" << scenario << "` |";
    }
  }
  for (const auto& [outcome, why] : listed) ADD_FAILURE() << "in the list only: " << outcome;
}

std::string header_name(const testing::TestParamInfo<std::string_view>& info) {
  const std::string_view stem = info.param.substr(info.param.rfind('/') + 1);
  return std::string{stem.substr(0, stem.find('.'))};
}

constexpr std::array<std::string_view, 14> explored = {
    "flowcoro/queue/local_queue.hpp",          "flowcoro/queue/inject_queue.hpp",
    "flowcoro/queue/mpmc_queue.hpp",           "flowcoro/park/parker.hpp",
    "flowcoro/park/event_count.hpp",           "flowcoro/park/spin_lock.hpp",
    "flowcoro/park/idle_workers.hpp",          "flowcoro/coro/stop.hpp",
    "flowcoro/coro/detail/task_handshake.hpp", "flowcoro/coro/detail/frame_state.hpp",
    "flowcoro/coro/detail/queue_permit.hpp",   "flowcoro/coro/detail/stop_state.hpp",
    "flowcoro/async/detail/two_ends.hpp",      "flowcoro/sched/detail/trace_ring.hpp"};
INSTANTIATE_TEST_SUITE_P(Of, MemoryOrders, testing::ValuesIn(explored), header_name);

/// With as many of them as the list says, so that a new one is noticed.
TEST(MemoryOrders, OfEverythingElseAreListedAsNotExplored) {
  std::set<std::string> found;
  const std::filesystem::path root{FLOWCORO_RUNTIME_FOLDER};
  for (const char* folder : {"include", "src"}) {
    for (const auto& file : std::filesystem::recursive_directory_iterator{root / folder}) {
      if (!file.is_regular_file()) continue;
      const std::string path = file.path().lexically_relative(root).generic_string();
      const std::size_t count = count_orders(source_text(path));
      const bool is_explored = std::ranges::any_of(explored, [&](auto header) { return path.ends_with(header); });
      if (count != 0 && !is_explored) found.insert("| `" + path + "` | " + std::to_string(count) + " |");
    }
  }
  std::set<std::string> listed;
  for (const auto& [file_and_count, why] : listed_rows("Not explored")) {
    EXPECT_GT(why.size(), 5u) << "without a reason: " << file_and_count;
    listed.insert(file_and_count);
  }
  EXPECT_EQ(listed, found);
}

} // namespace
