#include "flowcoro/compat/lifecycle_manager.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <locale>
#include <sstream>
#include <string>

namespace {

using flowcoro::lifecycle_manager;
using flowcoro::TaskKind;
using flowcoro::TaskRegistry;
using flowcoro::TaskState;
using testing::ContainsRegex;
using testing::HasSubstr;

void fill(TaskRegistry& registry) {
  for (int i = 0; i < 6; ++i) registry.count_created(TaskKind::plain);
  for (int i = 0; i < 3; ++i) registry.count_created(TaskKind::pooled);
  registry.count_created(TaskKind::tracked);
  registry.count_end(TaskKind::plain, TaskState::completed);
  registry.count_end(TaskKind::plain, TaskState::failed);
  registry.count_end(TaskKind::pooled, TaskState::cancelled);
}

TEST(LifecycleManager, CountsByKindAndGivesTheAdoption) {
  TaskRegistry registry;
  const lifecycle_manager manager{registry};
  EXPECT_EQ(manager.adoption().pooled_percent, 0);
  fill(registry);
  EXPECT_EQ(manager.stats(TaskKind::plain).active(), 4u);
  EXPECT_EQ(manager.stats().all().created, 10u);
  EXPECT_DOUBLE_EQ(manager.adoption().pooled_percent, 30);
  EXPECT_DOUBLE_EQ(manager.adoption().enhanced_percent, 10);
}

TEST(LifecycleManager, ReportsAsText) {
  TaskRegistry registry;
  fill(registry);
  std::ostringstream out;
  lifecycle_manager{registry}.print_report(out);
  EXPECT_THAT(out.str(), ContainsRegex("compatible +6 +4 +1 +0 +1\n"));
  EXPECT_THAT(out.str(), ContainsRegex("pooled +3 +2 +0 +1 +0\n"));
  EXPECT_THAT(out.str(), ContainsRegex("all +10 +7 +1 +1 +1\n"));
  EXPECT_THAT(out.str(), HasSubstr("pooled 30.0 %, enhanced 10.0 %"));
}

TEST(LifecycleManager, ReportsAsJson) {
  TaskRegistry registry;
  fill(registry);
  EXPECT_EQ(lifecycle_manager{registry}.to_json(),
            R"({"compatible": {"created": 6, "active": 4, "completed": 1, "cancelled": 0, "failed": 1}, )"
            R"("enhanced": {"created": 1, "active": 1, "completed": 0, "cancelled": 0, "failed": 0}, )"
            R"("pooled": {"created": 3, "active": 2, "completed": 0, "cancelled": 1, "failed": 0}, )"
            R"("pooled_percent": 30.0, "enhanced_percent": 10.0})");
}

TEST(LifecycleManager, TheDefaultOneReadsTheRegistryOfTheProcess) {
  const auto before = lifecycle_manager::get_instance().stats(TaskKind::tracked).created;
  flowcoro::task_registry().count_created(TaskKind::tracked);
  EXPECT_EQ(lifecycle_manager{}.stats(TaskKind::tracked).created, before + 1);
  flowcoro::task_registry().count_end(TaskKind::tracked, TaskState::completed);
}

} // namespace
