#include "flowcoro/base/intrusive_list.hpp"

#include "support/seed.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <type_traits>
#include <vector>

namespace {

using flowcoro::IntrusiveList;

struct Item : flowcoro::ListNode {
  int number = 0;
};

static_assert(!std::is_copy_constructible_v<IntrusiveList<Item>>);

std::vector<int> drain(IntrusiveList<Item>& list) {
  std::vector<int> numbers;
  while (Item* item = list.pop_front()) numbers.push_back(item->number);
  return numbers;
}

class IntrusiveListOfThree : public testing::Test {
 protected:
  void SetUp() override {
    for (int i = 0; i < 3; ++i) {
      items_[static_cast<std::size_t>(i)].number = i;
      list_.push_back(items_[static_cast<std::size_t>(i)]);
    }
  }
  std::array<Item, 3> items_;
  IntrusiveList<Item> list_;
};

TEST(IntrusiveList, IsEmptyAtFirstAndGivesNothing) {
  IntrusiveList<Item> list;
  EXPECT_TRUE(list.empty());
  EXPECT_EQ(list.pop_front(), nullptr);
}

TEST_F(IntrusiveListOfThree, GivesItemsInTheOrderTheyCame) {
  EXPECT_EQ(drain(list_), (std::vector{0, 1, 2}));
  EXPECT_TRUE(list_.empty());
}

TEST_F(IntrusiveListOfThree, RemovesFromTheMiddle) {
  list_.remove(items_[1]);
  EXPECT_EQ(drain(list_), (std::vector{0, 2}));
}

TEST_F(IntrusiveListOfThree, RemovesTheFirst) {
  list_.remove(items_[0]);
  EXPECT_EQ(drain(list_), (std::vector{1, 2}));
}

TEST_F(IntrusiveListOfThree, RemovesTheLast) {
  list_.remove(items_[2]);
  EXPECT_EQ(drain(list_), (std::vector{0, 1}));
}

TEST_F(IntrusiveListOfThree, TakesAnItemAgainAfterItLeft) {
  Item* first = list_.pop_front();
  list_.push_back(*first);
  EXPECT_EQ(drain(list_), (std::vector{1, 2, 0}));
}

TEST_F(IntrusiveListOfThree, MarksItsItemsAsLinkedAndOthersNot) {
  EXPECT_TRUE(items_[0].linked());
  EXPECT_EQ(list_.pop_front(), &items_[0]);
  EXPECT_FALSE(items_[0].linked());
  list_.remove(items_[2]);
  EXPECT_FALSE(items_[2].linked());
  EXPECT_TRUE(items_[1].linked());
  list_.remove(items_[1]);
  EXPECT_TRUE(list_.empty());
}

TEST(IntrusiveList, AgreesWithADequeOverManyRandomSteps) {
  flowcoro::test::Random random;
  std::vector<Item> items(20);
  for (std::size_t i = 0; i < items.size(); ++i) items[i].number = static_cast<int>(i);
  IntrusiveList<Item> list;
  std::deque<Item*> model;
  for (int step = 0; step < 20'000; ++step) {
    Item& item = items[random.below(items.size())];
    if (random.one_in(4)) {
      Item* expected = model.empty() ? nullptr : model.front();
      if (!model.empty()) model.pop_front();
      ASSERT_EQ(list.pop_front(), expected);
    } else if (item.linked()) {
      list.remove(item);
      model.erase(std::find(model.begin(), model.end(), &item));
    } else {
      list.push_back(item);
      model.push_back(&item);
    }
    ASSERT_EQ(list.empty(), model.empty());
  }
  while (Item* item = list.pop_front()) {
    ASSERT_EQ(item, model.front());
    model.pop_front();
  }
  EXPECT_TRUE(model.empty());
}

TEST(IntrusiveListDeathTest, RefusesToEndWithNodesInIt) {
  EXPECT_EXIT(
      {
        Item item;
        IntrusiveList<Item> list;
        list.push_back(item);
      },
      testing::KilledBySignal(SIGABRT), "a list was destroyed with nodes in it");
}

} // namespace
