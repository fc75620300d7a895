// Property: after any product events in any delivery, with restarts between the pages, a search
// finds what a scan of the folded history finds, and the index agrees with the rows.
#include "core/adapters/memory/search.h"
#include "core/adapters/memory/stores.h"
#include "core/adapters/sqlite/stores.h"
#include "core/project/projector.h"

#include "tests/support/backends.h"
#include "tests/support/builders.h"
#include "tests/support/history.h"
#include "tests/support/outcomes.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

namespace cqrs {
namespace {

using namespace support;  // NOLINT(google-build-using-namespace)

const std::vector<std::string> kWords{"oak", "Oaken", "lamp", "Lämp", "steel", "1", "12", "x"};

std::string any_text(std::size_t most) {
  std::string text;
  const auto count = *rc::gen::inRange<std::size_t>(1, most);
  for (std::size_t i = 0; i < count; ++i) text += *rc::gen::elementOf(kWords) + " ";
  text.pop_back();
  return text;
}

// Versions 1, 2, 3 … of a few products, in the order in which they were committed.
std::vector<Event> any_history() {
  std::vector<Event> events;
  std::vector<std::int64_t> versions(6);
  const auto count = *rc::gen::inRange(1, 40);
  for (int i = 0; i < count; ++i) {
    const auto number = *rc::gen::inRange<std::size_t>(0, versions.size());
    EventBody body =
        ProductEvent(ProductPriceChanged{std::nullopt, Money{*rc::gen::inRange(0, 500)}});
    if (versions[number] == 0) {
      body = ProductEvent(ProductCreated{{any_text(3), any_text(5), Money{100}, true}});
    } else if (*rc::gen::arbitrary<bool>()) {
      body = ProductEvent(ProductUpdated{{set(any_text(3)), {}}});
    } else if (*rc::gen::arbitrary<bool>()) {
      body = ProductEvent(ProductUpdated{{{}, set(any_text(5))}});
    }
    events.push_back(
        an_event(static_cast<Position>(i) + 1, product_key(number), ++versions[number], body));
  }
  return events;
}

// Hands the events out in any order, each at least once; the cursor is a place in that order.
class ShuffledLog final : public EventLog {
 public:
  explicit ShuffledLog(const std::vector<Event>& events) : events_(events) {
    for (std::size_t i = 0; i < events.size(); ++i) order_.push_back(i);
    const auto again = *rc::gen::container<std::vector<std::size_t>>(
        rc::gen::inRange<std::size_t>(0, events.size()));
    order_.insert(order_.end(), again.begin(), again.end());
    for (std::size_t i = order_.size(); i > 1; --i) {
      std::swap(order_[i - 1], order_[*rc::gen::inRange<std::size_t>(0, i)]);
    }
  }

  Result<LogPage> read(const Cursor& cursor, std::size_t max) override {
    const std::size_t from = cursor.text.empty() ? 0 : std::stoul(cursor.text);
    const std::size_t to = std::min(order_.size(), from + max);
    LogPage page;
    for (std::size_t i = from; i < to; ++i) page.events.push_back(events_[order_[i]]);
    page.next = {std::to_string(to)};
    const std::set<std::size_t> seen(order_.begin(),
                                     order_.begin() + static_cast<std::ptrdiff_t>(to));
    while (seen.contains(static_cast<std::size_t>(page.complete_to))) ++page.complete_to;
    return page;
  }

 private:
  const std::vector<Event>& events_;
  std::vector<std::size_t> order_;
};

std::set<StreamKey> keys_of(const std::vector<ViewRow>& rows) {
  std::set<StreamKey> keys;
  for (const auto& row : rows) keys.insert(row.key);
  return keys;
}

// By the rows alone.
std::set<StreamKey> scan(const std::map<StreamKey, ViewRow>& rows, const std::string& words) {
  memory::MemoryViews views;
  views.rows = rows;
  ListQuery query;
  query.words = words;
  query.limit = 1'000;
  auto found = memory::find(views, query);
  RC_ASSERT(found.ok());
  return keys_of(found->rows);
}

RC_GTEST_PROP(SearchProperty, FindsWhatAScanOfTheFoldedHistoryFinds, ()) {
  memory::MemoryRecord record;
  record.events = any_history();
  const auto history = memory::open_history(record);
  ShuffledLog log(record.events);
  const auto side = sqlite_read_side();
  const auto page_size = *rc::gen::inRange<std::size_t>(1, 20);
  for (std::size_t consumed = 1; consumed != 0;) {
    const auto store = side->open_store();
    Projector projector(log, *history, *store);
    RC_ASSERT(projector.start().ok());
    const auto page = projector.step(page_size);
    RC_ASSERT(page.ok());
    consumed = *page;
  }
  const auto rows = fold_rows(record.events);
  const auto reader = side->open_reader();
  for (const auto& word : kWords) {
    for (const std::string& words : {word, word + " l", "oak " + word}) {
      ListQuery query;
      query.words = words;
      query.limit = 1'000;
      query.sort = SortKey::kRelevance;
      const auto found = reader->find(query);
      RC_ASSERT(found.ok());
      RC_ASSERT(keys_of(found->rows) == scan(rows, words));
      RC_ASSERT(*reader->count(query) == static_cast<std::int64_t>(found->rows.size()));
    }
  }
  const auto differences = reader->index_differences(Kind::kProduct, 10);
  RC_ASSERT(differences.ok());
  RC_ASSERT(differences->empty());
}

}  // namespace
}  // namespace cqrs
