#include "flowcoro/test/no_progress.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <source_location>
#include <string>
#include <vector>

namespace {

using flowcoro::test::NoProgress;
using flowcoro::test::detail::list_of_places;
using testing::HasSubstr;

std::source_location here(std::source_location place = std::source_location::current()) { return place; }

TEST(NoProgress, CarriesItsTextSeedAndPlaces) {
  const std::source_location place = here();
  const NoProgress error{"text", 17, {place}};
  EXPECT_STREQ(error.what(), "text");
  EXPECT_EQ(error.seed(), 17u);
  ASSERT_EQ(error.waiting().size(), 1u);
  EXPECT_EQ(error.waiting().front().line(), place.line());
}

TEST(ListOfPlaces, HasALineForEachPlaceTheMostCrowdedFirst) {
  const std::source_location lonely = here();
  const std::source_location crowded = here();
  std::vector<std::source_location> places{lonely};
  places.insert(places.end(), 500, crowded);
  const std::string list = list_of_places(places);
  EXPECT_EQ(std::count(list.begin(), list.end(), '\n'), 2);
  const std::size_t first = list.find("500 × ");
  const std::size_t second = list.find("no_progress_test.cpp:" + std::to_string(lonely.line()) + " in ");
  ASSERT_NE(first, std::string::npos);
  ASSERT_NE(second, std::string::npos);
  EXPECT_LT(first, second);
}

TEST(ListOfPlaces, SaysSoWhenATaskHasNotWaited) {
  EXPECT_THAT(list_of_places({std::source_location{}}), HasSubstr("has not waited"));
}

TEST(ListOfPlaces, LeavesOffWhatNobodyWouldRead) {
  std::vector<std::source_location> places;
  // clang-format off
  const auto add = [&](std::source_location place = std::source_location::current()) { places.push_back(place); };
  add(); add(); add(); add(); add(); add(); add(); add(); add(); add(); add(); add();
  add(); add(); add(); add(); add(); add(); add(); add(); add(); add(); add(); add();
  // clang-format on
  EXPECT_THAT(list_of_places(places), HasSubstr("and 4 places more"));
}

} // namespace
