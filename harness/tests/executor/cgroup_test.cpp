#include "executor/cgroup.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include "failure.hpp"

namespace flowbench {
namespace {

bool group_of_this_process_exists() {
    for (const char* controller : {"", "memory"}) {
        const std::optional<fs::path> own = own_cgroup(controller);
        if (own && fs::exists(*own / ("flowbench-" + std::to_string(getpid())))) return true;
    }
    return false;
}

TEST(TrialCgroup, LeavesNoGroupBehind) {
    {
        const TrialCgroup group(std::nullopt);
        EXPECT_EQ(group_of_this_process_exists(), group.birth_fd() >= 0);
        EXPECT_FALSE(group.populated());
        EXPECT_FALSE(group.description().empty());
    }
    EXPECT_FALSE(group_of_this_process_exists());
}

TEST(TrialCgroup, AMemoryLimitIsSetOrRefusedAloud) {
    try {
        const TrialCgroup group(64U << 20U);
        EXPECT_TRUE(group.counts_own_oom_kills());
        EXPECT_EQ(group.oom_kills(), 0U);
    } catch (const EnvironmentFailure& failure) {
        EXPECT_EQ(failure.exit_code(), 3);
    }
    EXPECT_FALSE(group_of_this_process_exists());
}

}  // namespace
}  // namespace flowbench
