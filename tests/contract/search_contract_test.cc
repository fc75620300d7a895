// What every read store promises to lists and searches: the rows that are meant, in the order that
// was asked for, and nothing that was deleted or changed away.
#include "tests/contract/view_rows.h"
#include "tests/support/backends.h"
#include "tests/support/outcomes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)
using testing::ElementsAre;
using testing::IsEmpty;

class SearchContract : public testing::TestWithParam<Backend<ReadSide>> {
 protected:
  void put(const std::vector<ViewRow>& rows) {
    const auto acquired = store_->acquire();
    ASSERT_THAT(acquired, is_ok());
    ASSERT_THAT(store_->commit(acquired->epoch, changes_of(rows, ++applied_)), is_ok());
  }
  static ViewRow row_of(const StreamKey& key, const State& state, std::int64_t version = 1,
                        std::int64_t created = 0) {
    ViewRow row;
    row.key = key;
    row.version = version;
    row.position = version;
    row.created_at = {kNow.micros + created};
    row.updated_at = row.created_at;
    render_view(row, state);
    return row;
  }
  static ViewRow product(std::uint64_t number, const std::string& name,
                         const std::string& description = "", std::int64_t cents = 100,
                         std::int64_t version = 1, bool active = true) {
    return row_of(product_key(number), ProductState{name, description, Money{cents}, active},
                  version, static_cast<std::int64_t>(number));
  }
  static ViewRow deleted(const StreamKey& key, std::int64_t version) {
    ViewRow row = a_deleted_row(key);
    row.version = version;
    return row;
  }
  static ViewRow user(std::uint64_t number, const std::string& name, const std::string& email,
                      const std::string& nickname = "") {
    UserState state = a_user(number);
    state.personal.name = name;
    state.personal.email = email;
    if (!nickname.empty()) state.personal.nickname = nickname;
    return row_of(user_key(number), state, 1, 100 - static_cast<std::int64_t>(number));
  }
  static ViewRow order(std::uint64_t number, std::uint64_t buyer, OrderStatus status,
                       std::int64_t created) {
    OrderState state = an_order();
    state.user = user_key(buyer).id;
    state.status = status;
    return row_of(order_key(number), state, 1, created);
  }
  static ListQuery search(const std::string& words, SortKey sort = SortKey::kRelevance) {
    ListQuery query;
    query.words = words;
    query.sort = sort;
    return query;
  }

  // The numbers of what is found, in order; and the count agrees with them.
  std::vector<std::uint64_t> found(const ListQuery& query) {
    const auto listed = reader_->find(query);
    EXPECT_THAT(listed, is_ok());
    if (!listed) return {};
    EXPECT_EQ(listed->rows.size(), listed->places.size());
    std::vector<std::uint64_t> numbers;
    for (const auto& row : listed->rows) {
      for (std::uint64_t number = 0; number < 100; ++number) {
        if (row.key == a_key(query.kind, number)) numbers.push_back(number);
      }
    }
    if (!query.after && query.offset == 0 && numbers.size() < query.limit) {
      const auto counted = reader_->count(query);
      EXPECT_THAT(counted, is_ok());
      EXPECT_EQ(*counted, static_cast<std::int64_t>(numbers.size()));
    }
    return numbers;
  }
  // Every row of a list, fetched in pages of two by place.
  std::vector<std::uint64_t> walked(ListQuery query) {
    std::vector<std::uint64_t> numbers;
    query.limit = 2;
    for (int pages = 0; pages < 50; ++pages) {
      const auto page = found(query);
      numbers.insert(numbers.end(), page.begin(), page.end());
      if (page.size() < 2) return numbers;
      query.after = reader_->find(query)->places.back();
    }
    ADD_FAILURE() << "the pages never end";
    return numbers;
  }
  void expect_whole_index() {
    for (const Kind kind : kAllKinds) {
      const auto differences = reader_->index_differences(kind, 10);
      ASSERT_THAT(differences, is_ok());
      EXPECT_THAT(*differences, IsEmpty()) << kind_name(kind);
    }
  }

  std::unique_ptr<ReadSide> side_ = GetParam().make();
  std::unique_ptr<ProjectionStore> store_ = side_->open_store();
  std::unique_ptr<ReadStore> reader_ = side_->open_reader();
  Position applied_ = 0;
};

TEST_P(SearchContract, EveryWordMustOccurSomewhere) {
  put({product(1, "Oak Lamp"), product(2, "Oak Chair", "beside the lamp"),
       product(3, "Oak Table")});
  EXPECT_THAT(found(search("oak lamp")), ElementsAre(1, 2));
  EXPECT_THAT(found(search("lamp  OAK")), ElementsAre(1, 2));
  EXPECT_THAT(found(search("oak steel")), IsEmpty());
  expect_whole_index();
}

TEST_P(SearchContract, AWordInTheNameWeighsMoreThanInTheDescription) {
  put({product(1, "Chair", "made of oak"), product(2, "Oak chair", "made of wood"),
       product(3, "Stool", "made of elm"), product(4, "Vase", "made of clay")});
  EXPECT_THAT(found(search("oak")), ElementsAre(2, 1));
}

TEST_P(SearchContract, EqualMatchesStandInOrderOfId) {
  put({product(3, "Oak Lamp")});
  put({product(1, "Oak Lamp"), product(2, "Oak Lamp")});
  put({product(4, "Steel Vase"), product(5, "Steel Vase"), product(6, "Steel"), product(7, "Tin")});
  EXPECT_THAT(found(search("oak")), ElementsAre(1, 2, 3));
}

TEST_P(SearchContract, OnlyTheLastWordIsAPrefix) {
  put({product(1, "Oak Lampshade"), product(2, "Oaken Lamp")});
  EXPECT_THAT(found(search("oak lam")), ElementsAre(1));
  EXPECT_THAT(found(search("lamp oa")), ElementsAre(2));
  EXPECT_THAT(found(search("lam oak")), IsEmpty());
}

TEST_P(SearchContract, CaseAndDiacriticsDoNotMatter) {
  put({product(1, "Ständer Café"), product(2, "Stander Cafe")});
  EXPECT_THAT(found(search("STÄNDER cafe")), ElementsAre(1, 2));
  EXPECT_THAT(found(search("stander café")), ElementsAre(1, 2));
}

TEST_P(SearchContract, WhatIsSyntaxElsewhereIsTextHere) {
  put({product(1, "Oak near and or not Lamp"), product(2, "Oak Lamp")});
  for (const char* words : {"oak* lamp", "\"oak lamp", "name:oak AND:lamp", "oak (near or) lamp",
                            "oak -not ^and + lamp", "NEAR(oak lamp)"}) {
    EXPECT_THAT(reader_->find(search(words)), is_ok()) << words;
  }
  EXPECT_THAT(found(search("oak NOT lamp")), ElementsAre(1));
  EXPECT_THAT(found(search("\"oak\" *lamp*")), testing::SizeIs(2));
}

TEST_P(SearchContract, WordsWithoutALetterAreRefused) {
  for (const std::string& words : {std::string("***"), std::string("\"\" ' -"), std::string("🍁 ⛄"),
                                   std::string(" "), std::string("()")}) {
    EXPECT_THAT(reader_->find(search(words)), fails_with(ErrorCode::kInvalid, "q")) << words;
    EXPECT_THAT(reader_->count(search(words)), fails_with(ErrorCode::kInvalid, "q")) << words;
  }
}

TEST_P(SearchContract, LongAndForeignWordsAreJustNotFound) {
  put({product(1, "Oak 木製ランプ 🦊")});
  EXPECT_THAT(found(search(std::string(10'000, 'x'))), IsEmpty());
  EXPECT_THAT(found(search("\xff\xfe oak")), testing::SizeIs(testing::Le(1U)));
  EXPECT_THAT(found(search("oak 木製")), ElementsAre(1));
  EXPECT_THAT(found(search("🦊 oak")), ElementsAre(1));
}

TEST_P(SearchContract, AnUpdateReplacesWhatIsFound) {
  put({product(1, "Oak Lamp", "old words")});
  put({product(1, "Steel Lamp", "new words", 100, 2)});
  EXPECT_THAT(found(search("oak")), IsEmpty());
  EXPECT_THAT(found(search("old")), IsEmpty());
  EXPECT_THAT(found(search("steel new")), ElementsAre(1));
  expect_whole_index();
}

TEST_P(SearchContract, AChangeOfPriceKeepsTheWords) {
  put({product(1, "Oak Lamp", "", 100), product(2, "Oak Chair", "", 200)});
  put({product(1, "Oak Lamp", "", 900, 2)});
  EXPECT_THAT(found(search("oak", SortKey::kPrice)), ElementsAre(2, 1));
  expect_whole_index();
}

TEST_P(SearchContract, DeletedRowsAreNeitherFoundNorListedNorCounted) {
  put({product(1, "Oak Lamp"), product(2, "Oak Chair"), user(1, "Ada", "ada@example.com"),
       order(1, 1, OrderStatus::kPending, 1)});
  put({deleted(product_key(1), 2), deleted(user_key(1), 2), deleted(order_key(1), 2)});
  EXPECT_THAT(found(search("oak")), ElementsAre(2));
  EXPECT_THAT(found(search("", SortKey::kCreatedAt)), ElementsAre(2));
  ListQuery users = search("ada", SortKey::kName);
  users.kind = Kind::kUser;
  EXPECT_THAT(found(users), IsEmpty());
  ListQuery orders = search("", SortKey::kCreatedAt);
  orders.kind = Kind::kOrder;
  orders.user = user_key(1).id;
  EXPECT_THAT(found(orders), IsEmpty());
  EXPECT_EQ(reader_->counts()->total(), 1);
  expect_whole_index();
}

TEST_P(SearchContract, ARowThatIsNewAndDeletedAtOnceNeverShows) {
  put({deleted(product_key(1), 2), product(2, "Oak")});
  EXPECT_THAT(found(search("oak")), ElementsAre(2));
  expect_whole_index();
}

TEST_P(SearchContract, ARowThatComesBackIsFoundAgain) {
  put({product(1, "Oak Lamp")});
  put({deleted(product_key(1), 2)});
  put({product(1, "Elm Lamp", "", 100, 3)});
  EXPECT_THAT(found(search("lamp")), ElementsAre(1));
  EXPECT_THAT(found(search("oak")), IsEmpty());
  expect_whole_index();
}

TEST_P(SearchContract, ACommitThatIsRepeatedChangesNothing) {
  const std::vector<ViewRow> rows{product(1, "Oak Lamp"), user(1, "Ada", "ada@example.com"),
                                  order(1, 1, OrderStatus::kPending, 1)};
  put(rows);
  put(rows);
  EXPECT_THAT(found(search("oak")), ElementsAre(1));
  EXPECT_EQ(reader_->counts()->total(), 3);
  expect_whole_index();
}

TEST_P(SearchContract, ACommitOfAFormerOwnerLeavesTheIndexAsItWas) {
  put({product(1, "Oak Lamp")});
  const auto former = store_->acquire();
  ASSERT_THAT(former, is_ok());
  put({product(2, "Oak Chair")});
  EXPECT_THAT(store_->commit(former->epoch, changes_of({product(3, "Oak Table")}, 9)),
              fails_with(ErrorCode::kVersionConflict));
  put({product(4, "Oak Shelf")});
  EXPECT_THAT(found(search("oak")), ElementsAre(1, 2, 4));
  expect_whole_index();
}

TEST_P(SearchContract, InactiveOnesAreFoundUnlessLeftOut) {
  put({product(1, "Oak Lamp", "", 1, 1, false), product(2, "Oak Lamp")});
  put({product(3, "Oak Lamp")});
  put({product(3, "Oak Lamp", "", 1, 2, false)});
  EXPECT_THAT(found(search("oak")), ElementsAre(1, 2, 3));
  ListQuery active = search("oak");
  active.active = true;
  EXPECT_THAT(found(active), ElementsAre(2));
  active.active = false;
  EXPECT_THAT(found(active), ElementsAre(1, 3));
  active.words.clear();
  active.sort = SortKey::kCreatedAt;
  EXPECT_THAT(found(active), ElementsAre(1, 3));
}

TEST_P(SearchContract, ListsAreInTheOrderAskedFor) {
  put({product(1, "zinc", "", 300), product(2, "Brass", "", 100), product(3, "amber", "", 200),
       product(4, "Brass", "", 100)});
  EXPECT_THAT(found(search("", SortKey::kName)), ElementsAre(3, 2, 4, 1));
  EXPECT_THAT(found(search("", SortKey::kPrice)), ElementsAre(2, 4, 3, 1));
  EXPECT_THAT(found(search("", SortKey::kCreatedAt)), ElementsAre(1, 2, 3, 4));
  ListQuery down = search("", SortKey::kPrice);
  down.descending = true;
  EXPECT_THAT(found(down), ElementsAre(1, 3, 4, 2));
}

TEST_P(SearchContract, PlacesLeadThroughEveryRowOnceInEveryOrder) {
  std::vector<ViewRow> rows;
  for (std::uint64_t number = 1; number <= 9; ++number) {
    rows.push_back(product(number, "Name " + std::to_string(number % 3), "oak",
                           static_cast<std::int64_t>(number % 2)));
  }
  put(rows);
  for (const auto sort : {SortKey::kName, SortKey::kPrice, SortKey::kCreatedAt}) {
    for (const bool descending : {false, true}) {
      for (const char* words : {"", "oak"}) {
        ListQuery query = search(words, sort);
        query.descending = descending;
        EXPECT_EQ(walked(query), found(query));
        EXPECT_EQ(walked(query).size(), 9U);
      }
    }
  }
}

TEST_P(SearchContract, OffsetAndLimitCutTheSameOrder) {
  put({product(1, "Oak"), product(2, "Oak"), product(3, "Oak"), product(4, "Oak"),
       product(5, "Elm"), product(6, "Elm"), product(7, "Elm"), product(8, "Elm"),
       product(9, "Elm")});
  ListQuery query = search("oak");
  query.limit = 2;
  EXPECT_THAT(found(query), ElementsAre(1, 2));
  query.offset = 2;
  EXPECT_THAT(found(query), ElementsAre(3, 4));
  query.offset = 3;
  EXPECT_THAT(found(query), ElementsAre(4));
  query.offset = 4;
  EXPECT_THAT(found(query), IsEmpty());
}

TEST_P(SearchContract, UsersAreFoundByNameEmailAndNickname) {
  put({user(1, "Ada Lovelace", "countess@example.com"), user(2, "Alan Turing", "ada@example.org"),
       user(3, "Grace Hopper", "grace@example.com", "Amazing-Ada")});
  ListQuery query = search("ada", SortKey::kName);
  query.kind = Kind::kUser;
  EXPECT_THAT(found(query), ElementsAre(1, 2, 3));
  query.words = "ada@example.org";
  EXPECT_THAT(found(query), ElementsAre(2));
  query.words = "ada love";
  EXPECT_THAT(found(query), ElementsAre(1));
  query.words = "example";
  query.sort = SortKey::kEmail;
  query.descending = true;
  EXPECT_THAT(found(query), ElementsAre(3, 1, 2));
  query.sort = SortKey::kCreatedAt;
  EXPECT_THAT(found(query), ElementsAre(1, 2, 3));
  expect_whole_index();
}

TEST_P(SearchContract, OrdersAreFilteredByUserAndStatus) {
  put({order(1, 1, OrderStatus::kPending, 30), order(2, 2, OrderStatus::kPending, 20),
       order(3, 1, OrderStatus::kConfirmed, 10), order(4, 1, OrderStatus::kPending, 5)});
  ListQuery query = search("", SortKey::kCreatedAt);
  query.kind = Kind::kOrder;
  EXPECT_THAT(found(query), ElementsAre(4, 3, 2, 1));
  query.user = user_key(1).id;
  EXPECT_THAT(found(query), ElementsAre(4, 3, 1));
  query.status = "PENDING";
  EXPECT_THAT(found(query), ElementsAre(4, 1));
  query.user.reset();
  EXPECT_THAT(walked(query), ElementsAre(4, 2, 1));
  query.user = user_key(9).id;
  EXPECT_THAT(found(query), IsEmpty());
}

TEST_P(SearchContract, AnOrdersNewStatusIsFilteredBy) {
  put({order(1, 1, OrderStatus::kPending, 1)});
  ViewRow confirmed = order(1, 1, OrderStatus::kConfirmed, 1);
  confirmed.version = 2;
  put({confirmed});
  ListQuery query = search("", SortKey::kCreatedAt);
  query.kind = Kind::kOrder;
  query.status = "PENDING";
  EXPECT_THAT(found(query), IsEmpty());
  query.status = "CONFIRMED";
  EXPECT_THAT(found(query), ElementsAre(1));
  expect_whole_index();
}

TEST_P(SearchContract, ParkedEntitiesAreTold) {
  const std::vector<StreamKey> keys{user_key(1), user_key(2), product_key(1)};
  EXPECT_THAT(*reader_->parked(keys), ElementsAre(false, false, false));
  const auto acquired = store_->acquire();
  ViewChanges changes = changes_of({}, 1);
  changes.parked = {{an_event(1, user_key(2), 4, user_renamed("Ada")), "unknown type"}};
  ASSERT_THAT(store_->commit(acquired->epoch, changes), is_ok());
  EXPECT_THAT(*reader_->parked(keys), ElementsAre(false, true, false));
}

INSTANTIATE_TEST_SUITE_P(Backends, SearchContract, testing::ValuesIn(read_backends()),
                         backend_name<ReadSide>);

}  // namespace
}  // namespace cqrs
