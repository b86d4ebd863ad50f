#include "flowcoro/coro/task_registry.hpp"

#include "flowcoro/coro/task.hpp"
#include "flowcoro/sched/resume_on.hpp"
#include "flowcoro/sched/runtime.hpp"
#include "flowcoro/sched/spawn.hpp"
#include "helpers.hpp"
#include "support/build.hpp"
#include "support/start_together.hpp"
#include "support/unwinding.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace {

using flowcoro::Lazy;
using flowcoro::Runtime;
using flowcoro::Task;
using flowcoro::TaskKind;
using flowcoro::TaskRecord;
using flowcoro::TaskRegistry;
using flowcoro::TaskScope;
using flowcoro::TaskState;
using flowcoro::TaskView;
using flowcoro::test::rounds;
namespace test = flowcoro::test;

TEST(TaskRegistry, CountsByKindAndEnd) {
  TaskRegistry registry;
  for (int i = 0; i < 4; ++i) registry.count_created(TaskKind::plain);
  registry.count_created(TaskKind::pooled);
  registry.count_end(TaskKind::plain, TaskState::completed);
  registry.count_end(TaskKind::plain, TaskState::failed);
  registry.count_end(TaskKind::plain, TaskState::cancelled);
  const auto snapshot = registry.snapshot();
  EXPECT_EQ(snapshot.of(TaskKind::plain).created, 4u);
  EXPECT_EQ(snapshot.of(TaskKind::plain).completed, 1u);
  EXPECT_EQ(snapshot.of(TaskKind::plain).failed, 1u);
  EXPECT_EQ(snapshot.of(TaskKind::plain).cancelled, 1u);
  EXPECT_EQ(snapshot.of(TaskKind::plain).active(), 1u);
  EXPECT_EQ(snapshot.of(TaskKind::pooled).active(), 1u);
  EXPECT_EQ(snapshot.of(TaskKind::tracked).created, 0u);
  EXPECT_EQ(snapshot.all().created, 5u);
  EXPECT_EQ(snapshot.all().active(), 2u);
}

TEST(TaskRegistry, ListsWhatIsTrackedWhileItLives) {
  TaskRegistry registry;
  const auto here = std::source_location::current();
  std::optional<TaskRecord> one{std::in_place, registry, TaskKind::tracked, here};
  TaskRecord two{registry, TaskKind::pooled, here};
  one->set_name("one");
  one->set_note("a note");
  one->run();
  EXPECT_EQ(registry.live(), 2u);
  std::vector<std::uint64_t> ids;
  registry.for_each_live([&](const TaskView& view) {
    ids.push_back(view.id);
    if (view.id != one->id()) return;
    EXPECT_EQ(view.name, "one");
    EXPECT_EQ(view.note, "a note");
    EXPECT_EQ(view.state, TaskState::running);
    EXPECT_EQ(view.kind, TaskKind::tracked);
    EXPECT_EQ(view.created.line(), here.line());
    EXPECT_GE(view.since, view.created_at);
    EXPECT_EQ(view.waits_at.line(), 0u);
  });
  EXPECT_EQ(ids.size(), 2u);
  EXPECT_NE(one->id(), two.id());
  one->suspend(here);
  registry.for_each_live([&](const TaskView& view) {
    if (view.id == one->id()) EXPECT_EQ(view.waits_at.line(), here.line());
  });
  one.reset();
  EXPECT_EQ(registry.live(), 1u);
}

TEST(TaskRegistry, IsReadWhileTasksComeAndGo) {
  TaskRegistry registry;
  std::atomic<int> busy{3};
  flowcoro::test::start_together(4, [&](std::size_t thread) {
    if (thread == 0) {
      while (busy.load() != 0) {
        registry.for_each_live([](const TaskView& view) { EXPECT_TRUE(view.name.empty() || view.name == "a name"); });
        const auto all = registry.snapshot().all();
        EXPECT_GE(all.created, all.completed + all.cancelled + all.failed);
      }
      return;
    }
    for (std::size_t i = 0; i < rounds(20'000); ++i) {
      registry.count_created(TaskKind::tracked);
      TaskRecord record{registry, TaskKind::tracked, std::source_location::current()};
      record.run();
      if (i % 3 == 0) record.set_name("a name");
      record.suspend(std::source_location::current());
      record.run();
      record.move_to(TaskState::completed);
      registry.count_end(TaskKind::tracked, TaskState::completed);
    }
    busy.fetch_sub(1);
  });
  EXPECT_EQ(registry.live(), 0u);
  EXPECT_EQ(registry.snapshot().all().completed, 3 * rounds(20'000));
  EXPECT_EQ(registry.snapshot().all().active(), 0u);
}

TEST(TaskRegistry, LetsWhoLooksMakeTasksAndNameThem) {
  TaskRegistry registry;
  const auto here = std::source_location::current();
  std::vector<std::unique_ptr<TaskRecord>> records;
  // Twice as many as there may be locks, so that a new one shares the lock of one that is looked at.
  for (int i = 0; i < 64; ++i) records.push_back(std::make_unique<TaskRecord>(registry, TaskKind::tracked, here));
  std::size_t looks = 0;
  registry.for_each_live([&](const TaskView& view) {
    ++looks;
    for (int i = 0; i < 32; ++i) {
      TaskRecord other{registry, TaskKind::tracked, here};
      other.set_name("made while looking");
    }
    for (const auto& record : records) {
      if (record->id() == view.id) record->set_name("seen");
    }
    EXPECT_EQ(registry.live(), 64u);
  });
  EXPECT_EQ(looks, 64u);
  for (const auto& record : records) EXPECT_EQ(record->name(), "seen");
}

TEST(TaskScope, ThatAnExceptionLeavesHasFailed) {
  const auto before = flowcoro::task_registry().snapshot().of(TaskKind::tracked);
  try {
    const TaskScope scope{"doomed"};
    throw std::runtime_error{"left"};
  } catch (const std::runtime_error&) {
    const TaskScope in_handler{"fine"};
  }
  const auto after = flowcoro::task_registry().snapshot().of(TaskKind::tracked);
  EXPECT_EQ(after.failed, before.failed + 1);
  EXPECT_EQ(after.completed, before.completed + 1);
}

/// An exception that leaves the scope after the coroutine has gone to another thread, or none.
Lazy<void> scoped_across_a_hop(Runtime& to, bool fails, test::Gate& before) {
  const TaskScope scope{"moves"};
  co_await before;
  co_await flowcoro::resume_on(to);
  if (fails) throw std::runtime_error{"left"};
}
/// How many scopes failed and completed meanwhile.
class ScopeEnds {
 public:
  [[nodiscard]] std::pair<std::uint64_t, std::uint64_t> failed_and_completed() const {
    const auto now = tracked();
    return {now.failed - before_.failed, now.completed - before_.completed};
  }

 private:
  [[nodiscard]] static flowcoro::TaskCounts tracked() {
    return flowcoro::task_registry().snapshot().of(TaskKind::tracked);
  }
  flowcoro::TaskCounts before_ = tracked();
};
[[nodiscard]] bool ends_well(Runtime& runtime, Task<void>& task) {
  try {
    sync_wait(runtime, task);
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}
constexpr std::pair<std::uint64_t, std::uint64_t> one_failed{1, 0}, one_completed{0, 1};

class TaskScopeAcrossAHop : public testing::TestWithParam<bool> {
 protected:
  const bool fails_ = GetParam();
  const std::pair<std::uint64_t, std::uint64_t> expected_ = fails_ ? one_failed : one_completed;
  ScopeEnds ends_;
  Runtime home_{{.workers = 1}};
  Runtime away_{{.workers = 1}};
};
INSTANTIATE_TEST_SUITE_P(That, TaskScopeAcrossAHop, testing::Bool(),
                         [](const auto& fails) { return fails.param ? "Fails" : "Completes"; });

TEST_P(TaskScopeAcrossAHop, DoesNotCountTheExceptionsOfTheThreadWhereItBegan) {
  test::while_unwinding([&]() noexcept {
    test::Gate open;
    open.open();
    // On this thread, until it leaves for the worker.
    auto task = [](Runtime& away, bool fails, test::Gate& gate) -> Task<void> {
      auto scoped = scoped_across_a_hop(away, fails, gate);
      co_await scoped;
    }(away_, fails_, open);
    EXPECT_NE(ends_well(home_, task), fails_);
  });
  EXPECT_EQ(ends_.failed_and_completed(), expected_);
}

TEST_P(TaskScopeAcrossAHop, DoesNotCountTheExceptionsOfTheThreadWhereItEnds) {
  test::Gate gate;
  auto task = spawn_on(away_, scoped_across_a_hop, std::ref(home_), fails_, std::ref(gate));
  while (!gate.occupied()) std::this_thread::yield();
  test::while_unwinding([&]() noexcept {
    // This thread has the only seat at home, so the scope ends on it.
    const bool well = sync_wait(home_, [&]() -> Lazy<bool> {
      gate.open();
      try {
        co_await task;
        co_return true;
      } catch (const std::runtime_error&) {
        co_return false;
      }
    });
    EXPECT_NE(well, fails_);
  });
  EXPECT_EQ(ends_.failed_and_completed(), expected_);
}

TEST_P(TaskScopeAcrossAHop, OnOneThreadCountsWhatLeavesItDuringTheUnwindingOfAnother) {
  test::while_unwinding([&]() noexcept {
    try {
      const TaskScope scope{"in a destructor"};
      if (fails_) throw std::runtime_error{"left"};
    } catch (const std::runtime_error&) {
      EXPECT_TRUE(fails_);
    }
  });
  EXPECT_EQ(ends_.failed_and_completed(), expected_);
}

TEST(TaskScope, IsListedWithItsNameAndCallsBackAtItsEnd) {
  const auto before = flowcoro::task_registry().snapshot().of(TaskKind::tracked);
  bool ended = false;
  std::uint64_t id = 0;
  {
    TaskScope scope{"import", "file 1", [&ended] { ended = true; }};
    id = scope.id();
    EXPECT_EQ(scope.state(), TaskState::running);
    bool found = false;
    flowcoro::task_registry().for_each_live([&](const TaskView& view) {
      if (view.id == id) found = view.name == "import" && view.note == "file 1";
    });
    EXPECT_TRUE(found);
    EXPECT_FALSE(ended);
    scope.end_as(TaskState::failed);
  }
  EXPECT_TRUE(ended);
  const auto after = flowcoro::task_registry().snapshot().of(TaskKind::tracked);
  EXPECT_EQ(after.failed, before.failed + 1);
  EXPECT_EQ(after.active(), before.active());
}

} // namespace
