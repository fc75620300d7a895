// The cache of lists: never older than it promises, never larger than it may be.
#include "core/read/search_cache.h"

#include <gtest/gtest.h>

#include <string>

namespace cqrs {
namespace {

using std::chrono::milliseconds;

class SearchCacheTest : public testing::Test {
 protected:
  void put(const std::string& key, Position applied, const std::string& body = "body") {
    cache_.put(key, {std::make_shared<const std::string>(body), false, applied}, now_);
  }
  bool has(const std::string& key, Position applied, Position at_least = 0) {
    return cache_.find(key, applied, at_least, now_).has_value();
  }

  SearchCache cache_{{3, 400, milliseconds(1'000)}};
  SearchCache::Instant now_{};
};

TEST_F(SearchCacheTest, AnAnswerIsGoodForAsLongAsTheViewsDoNotMove) {
  put("oak", 7);
  now_ += std::chrono::hours(5);
  EXPECT_TRUE(has("oak", 7));
  EXPECT_FALSE(has("elm", 7));
}

TEST_F(SearchCacheTest, WhileTheViewsMoveItIsGoodForOneSecond) {
  put("oak", 7);
  now_ += milliseconds(1'000);
  EXPECT_TRUE(has("oak", 8));
  now_ += milliseconds(1);
  EXPECT_FALSE(has("oak", 8));
}

TEST_F(SearchCacheTest, ATokenIsNeverAnsweredWithLess) {
  put("oak", 7);
  EXPECT_TRUE(has("oak", 9, 7));
  EXPECT_FALSE(has("oak", 9, 8));
}

TEST_F(SearchCacheTest, AnOlderAnswerDoesNotReplaceANewerOne) {
  put("oak", 9, "new");
  put("oak", 7, "old");
  const auto found = cache_.find("oak", 9, 0, now_);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(*found->body, "new");
  put("oak", 10, "newest");
  EXPECT_EQ(*cache_.find("oak", 10, 0, now_)->body, "newest");
  EXPECT_EQ(cache_.counters().entries, 1U);
}

TEST_F(SearchCacheTest, TheLeastRecentlyUsedGoesFirst) {
  put("a", 1);
  put("b", 1);
  put("c", 1);
  EXPECT_TRUE(has("a", 1));
  put("d", 1);
  EXPECT_FALSE(has("b", 1));
  EXPECT_TRUE(has("a", 1));
  EXPECT_TRUE(has("c", 1));
  EXPECT_TRUE(has("d", 1));
}

TEST_F(SearchCacheTest, BytesAreBounded) {
  const std::string body(90, 'x');
  for (const char* key : {"a", "b", "c"}) put(key, 1, body);
  EXPECT_EQ(cache_.counters().entries, 3U);
  put("a", 2, std::string(99, 'x'));
  EXPECT_LE(cache_.counters().bytes, 400U);
  put("huge", 1, std::string(101, 'x'));
  EXPECT_FALSE(has("huge", 1));
  EXPECT_EQ(cache_.counters().entries, 3U);
}

TEST(NormalisedWords, CaseAndBlanksDoNotMatter) {
  EXPECT_EQ(normalised_words("  Oak \t LAMP\n"), "oak lamp");
  EXPECT_EQ(normalised_words(" \t "), "");
}

}  // namespace
}  // namespace cqrs
