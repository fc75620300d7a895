// The bounded queue, alone and between threads. No test waits for time: threads meet at the queue.
#include "core/base/queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <thread>
#include <vector>

namespace cqrs {
namespace {

bool push(BoundedQueue<int>& queue, int value) { return queue.try_push(value); }

TEST(BoundedQueue, FullQueueRefusesAndLeavesTheItemAlone) {
  BoundedQueue<std::unique_ptr<int>> queue(1);
  auto first = std::make_unique<int>(1);
  auto second = std::make_unique<int>(2);
  EXPECT_TRUE(queue.try_push(first));
  EXPECT_FALSE(queue.try_push(second));
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(*second, 2);
}

TEST(BoundedQueue, HandsOverEverythingWaitingInOrder) {
  BoundedQueue<int> queue(10);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(push(queue, i));
  EXPECT_THAT(queue.pop_batch(10), testing::ElementsAre(0, 1, 2));
  EXPECT_EQ(queue.size(), 0U);
}

TEST(BoundedQueue, BatchStopsAtItsLimitAndTheRestStays) {
  BoundedQueue<int> queue(10);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(push(queue, i));
  EXPECT_THAT(queue.pop_batch(2), testing::ElementsAre(0, 1));
  EXPECT_THAT(queue.pop_batch(2), testing::ElementsAre(2, 3));
  EXPECT_THAT(queue.pop_batch(2), testing::ElementsAre(4));
}

TEST(BoundedQueue, WorkIsWaitedForSoLongAtMost) {
  BoundedQueue<int> queue(1);
  EXPECT_FALSE(queue.wait_for_work(std::chrono::milliseconds{1}));
  ASSERT_TRUE(push(queue, 1));
  EXPECT_TRUE(queue.wait_for_work(std::chrono::hours{1}));
  EXPECT_EQ(queue.size(), 1U);
  (void)queue.pop_batch(1);
  queue.close();
  EXPECT_TRUE(queue.wait_for_work(std::chrono::hours{1}));
}

TEST(BoundedQueue, TakingMakesRoom) {
  BoundedQueue<int> queue(1);
  ASSERT_TRUE(push(queue, 1));
  (void)queue.pop_batch(1);
  EXPECT_TRUE(push(queue, 2));
}

TEST(BoundedQueue, GroupIsAcceptedWholeOrNotAtAll) {
  BoundedQueue<int> queue(3);
  ASSERT_TRUE(push(queue, 0));
  std::vector<int> too_many{1, 2, 3};
  EXPECT_FALSE(queue.try_push_all(too_many));
  EXPECT_EQ(too_many.size(), 3U);
  EXPECT_EQ(queue.size(), 1U);
  std::vector<int> fits{1, 2};
  EXPECT_TRUE(queue.try_push_all(fits));
  EXPECT_TRUE(fits.empty());
  EXPECT_THAT(queue.pop_batch(10), testing::ElementsAre(0, 1, 2));
}

TEST(BoundedQueue, ClosedQueueRefusesButDrains) {
  BoundedQueue<int> queue(10);
  ASSERT_TRUE(push(queue, 1));
  queue.close();
  EXPECT_FALSE(push(queue, 2));
  std::vector<int> group{3};
  EXPECT_FALSE(queue.try_push_all(group));
  EXPECT_THAT(queue.pop_batch(10), testing::ElementsAre(1));
  EXPECT_TRUE(queue.pop_batch(10).empty());
}

TEST(BoundedQueue, CloseWakesEveryWaitingConsumer) {
  BoundedQueue<int> queue(10);
  std::vector<std::thread> consumers;
  for (int i = 0; i < 4; ++i) {
    consumers.emplace_back([&queue] { EXPECT_TRUE(queue.pop_batch(1).empty()); });
  }
  queue.close();
  for (auto& consumer : consumers) consumer.join();
}

TEST(BoundedQueue, NothingIsLostOrRepeatedBetweenManyThreads) {
  constexpr int kProducers = 3;
  constexpr int kItems = 2'000;
  BoundedQueue<int> queue(64);
  std::vector<std::vector<int>> taken(3);
  std::vector<std::thread> consumers;
  for (auto& mine : taken) {
    consumers.emplace_back([&queue, &mine] {
      for (auto batch = queue.pop_batch(7); !batch.empty(); batch = queue.pop_batch(7)) {
        mine.insert(mine.end(), batch.begin(), batch.end());
      }
    });
  }
  std::vector<std::thread> producers;
  for (int producer = 0; producer < kProducers; ++producer) {
    producers.emplace_back([&queue, producer] {
      for (int i = 0; i < kItems; ++i) {
        while (!push(queue, producer * kItems + i)) std::this_thread::yield();
      }
    });
  }
  for (auto& producer : producers) producer.join();
  queue.close();
  for (auto& consumer : consumers) consumer.join();

  std::vector<int> all;
  for (const auto& mine : taken) all.insert(all.end(), mine.begin(), mine.end());
  std::sort(all.begin(), all.end());
  std::vector<int> expected(kProducers * kItems);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(all, expected);
}

TEST(BoundedQueue, OneProducersItemsKeepTheirOrder) {
  BoundedQueue<int> queue(8);
  std::vector<int> taken;
  std::thread consumer([&] {
    for (auto batch = queue.pop_batch(3); !batch.empty(); batch = queue.pop_batch(3)) {
      taken.insert(taken.end(), batch.begin(), batch.end());
    }
  });
  for (int i = 0; i < 1'000; ++i) {
    while (!push(queue, i)) std::this_thread::yield();
  }
  queue.close();
  consumer.join();
  std::vector<int> expected(1'000);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(taken, expected);
}

}  // namespace
}  // namespace cqrs
