#include "../../src/sched/place_names.hpp"

#include "support/start_together.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cstddef>
#include <source_location>
#include <vector>

namespace {

using flowcoro::detail::PlaceNames;
using Here = std::source_location;

TEST(PlaceNames, GiveOnePlaceOneNumber) {
  PlaceNames names;
  PlaceNames::Cache cache;
  const Here first = Here::current();
  const Here second = Here::current();
  const PlaceNames::Id id = names.id_of(first, cache);
  EXPECT_NE(names.id_of(second, cache), id);
  EXPECT_EQ(names.id_of(first, cache), id);
  EXPECT_EQ(names.place(id).line(), first.line());
}

TEST(PlaceNames, GiveEveryCallerTheSameNumber) {
  PlaceNames names;
  const Here place = Here::current();
  std::vector<PlaceNames::Id> ids(4);
  flowcoro::test::start_together(ids.size(), [&](std::size_t thread) {
    PlaceNames::Cache cache;
    ids[thread] = names.id_of(place, cache);
  });
  EXPECT_EQ(ids, std::vector<PlaceNames::Id>(ids.size(), ids.front()));
}

TEST(PlaceNames, KnowNoPlaceWithoutANumber) {
  PlaceNames names;
  PlaceNames::Cache cache;
  EXPECT_EQ(names.place(0).line(), 0u);
  EXPECT_EQ(names.place(PlaceNames::unknown).line(), 0u);
  EXPECT_EQ(names.place(names.id_of(Here{}, cache)).line(), 0u);
}

/// Places that differ, though nobody has written them: what tells them apart is an address, which is only looked at.
Here place_at(const char& byte) { return std::bit_cast<Here>(&byte); }

TEST(PlaceNames, CallWhatComesAfterTheLastNumberUnknown) {
  const std::vector<char> bytes(std::size_t{PlaceNames::unknown} + 2);
  PlaceNames names;
  PlaceNames::Cache cache;
  for (std::size_t i = 0; i < PlaceNames::unknown; ++i) ASSERT_EQ(names.id_of(place_at(bytes[i]), cache), i);
  EXPECT_EQ(names.id_of(place_at(bytes[PlaceNames::unknown]), cache), PlaceNames::unknown);
  EXPECT_EQ(names.id_of(place_at(bytes[PlaceNames::unknown + 1]), cache), PlaceNames::unknown);
  EXPECT_EQ(names.id_of(place_at(bytes[7]), cache), 7u);
}

} // namespace
