#include "asio/join.hpp"

#include <gtest/gtest.h>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>

#include <vector>

namespace asio_subject {
namespace {

namespace asio = boost::asio;

asio::awaitable<int, Executor> sum_when_all_have_ended(Executor executor, int tasks) {
  std::vector<int> written(static_cast<std::size_t>(tasks), 0);
  Join join(executor, written.size());
  for (int& slot : written) {
    asio::post(executor, [&slot, &join] {
      slot = 1;
      join.finish();
    });
  }
  co_await join.wait();
  int sum = 0;
  for (const int slot : written) sum += slot;
  co_return sum; // join is destroyed here, perhaps while the last finish() is still on its way out
}

TEST(AsioJoin, WaitsForAllAndShowsWhatTheyWrote) {
  asio::thread_pool pool(3);
  for (int round = 0; round < 500; ++round) {
    const int tasks = 1 + round % 7;
    EXPECT_EQ(asio::co_spawn(pool, sum_when_all_have_ended(pool.get_executor(), tasks), asio::use_future).get(), tasks);
  }
}

asio::awaitable<bool, Executor> wait_after_the_end(Executor executor) {
  Join join(executor, 2);
  join.finish();
  join.finish();
  co_await join.wait();
  co_return true;
}

TEST(AsioJoin, LetsAWaiterPassThatComesAfterTheLastEnd) {
  asio::thread_pool pool(1);
  EXPECT_TRUE(asio::co_spawn(pool, wait_after_the_end(pool.get_executor()), asio::use_future).get());
}

asio::awaitable<void, Executor> wait_and_tell(Join* join, bool* passed) {
  co_await join->wait();
  *passed = true;
}

TEST(AsioJoin, HoldsTheWaiterUntilTheLastEnd) {
  asio::thread_pool pool(1); // one thread: what is posted runs in order, each to its next wait
  Join join(pool.get_executor(), 2);
  bool passed = false;
  bool passed_before_the_last = true;
  asio::co_spawn(pool, wait_and_tell(&join, &passed), asio::detached);
  asio::post(pool, [&] { join.finish(); });
  asio::post(pool, [] {});
  asio::post(pool, [&] {
    passed_before_the_last = passed;
    join.finish();
  });
  pool.join();
  EXPECT_FALSE(passed_before_the_last);
  EXPECT_TRUE(passed);
}

} // namespace
} // namespace asio_subject
