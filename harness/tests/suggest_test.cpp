#include "suggest.hpp"

#include <gtest/gtest.h>

namespace flowbench {
namespace {

TEST(EditDistance, CountsTheFourKindsOfMistake) {
  EXPECT_EQ(edit_distance("tokio", "tokio"), 0U);
  EXPECT_EQ(edit_distance("tokio", "toko"), 1U);
  EXPECT_EQ(edit_distance("tokio", "tokioo"), 1U);
  EXPECT_EQ(edit_distance("tokio", "tokia"), 1U);
  EXPECT_EQ(edit_distance("tokio", "toiko"), 1U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
}

TEST(UnknownName, NamesTheNearestFirst) {
  EXPECT_EQ(unknown_name("subject", "tokoi", {"go", "tokio"}),
            "unknown subject 'tokoi'; did you mean tokio? (valid: go, tokio)");
}

TEST(UnknownName, TakesABeginningForTheWhole) {
  EXPECT_EQ(unknown_name("workload", "spawn", {"sleep", "spawn_join"}),
            "unknown workload 'spawn'; did you mean spawn_join? (valid: sleep, spawn_join)");
}

TEST(UnknownName, DoesNotGuessWhenNothingIsNear) {
  EXPECT_EQ(unknown_name("subject", "erlang", {"go"}), "unknown subject 'erlang' (valid: go)");
}

TEST(UnknownName, IsOneLineWhateverWasTyped) {
  const std::string message = unknown_name("subject", "a\nb" + std::string(10'000, 'x'), {"go"});
  EXPECT_EQ(message.find('\n'), std::string::npos);
  EXPECT_LT(message.size(), 200U);
}

} // namespace
} // namespace flowbench
