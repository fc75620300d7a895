#include "core/verify/topic_places.h"

#include <set>

namespace cqrs {
namespace {

constexpr std::size_t kPage = 2'000;
// A broker may be slow to answer. Every empty read has waited a moment.
constexpr int kQuietAtEnd = 3;
constexpr int kQuietBefore = 100;

class Comparison {
 public:
  Comparison(const EventPlaces& places, Position published)
      : places_(places), published_(published) {}

  Result<std::string> run(EventLog& topics, const std::function<Status()>& keep) {
    Cursor at;
    for (int quiet = 0; quiet < kQuietAtEnd || reached_ < published_;) {
      CQRS_TRY(keep());
      auto page = topics.read(at, kPage);
      if (!page) return gone(page.error());
      for (const auto& event : page->events) look(event);
      if (!wrong_.empty()) return wrong_;
      reached_ = page->complete_to;
      quiet = page->events.empty() && page->next == at ? quiet + 1 : 0;
      at = std::move(page->next);
      if (quiet >= kQuietBefore) return too_short();
    }
    return missing();
  }

 private:
  static Result<std::string> gone(const Error& error) {
    if (error.code != ErrorCode::kNotFound) return error;
    return std::string("do not hold everything any more, so that nobody can tell");
  }

  [[nodiscard]] Error too_short() const {
    return make_error(ErrorCode::kUnavailable,
                      "the topics end at position " + std::to_string(reached_) + ", and " +
                          std::to_string(published_) + " was published: is Kafka well?");
  }

  void look(const Event& event) {
    const auto place = places_.find(event.position);
    if (place == places_.end()) return;
    seen_.insert(event.position);
    if (place->second == event.event_id) return;
    wrong_ = "hold " + event.type + " of " + std::string(kind_name(event.stream.kind)) + " " +
             to_string(event.stream.id) + " at position " + std::to_string(event.position);
  }

  [[nodiscard]] std::string missing() const {
    for (const auto& [position, id] : places_) {
      if (position > published_ || id.is_nil() || seen_.contains(position)) continue;
      return "lack the event at position " + std::to_string(position);
    }
    return {};
  }

  const EventPlaces& places_;
  Position published_;
  Position reached_ = 0;
  std::set<Position> seen_;
  std::string wrong_;
};

}  // namespace

Result<std::string> disagreement(EventLog& topics, const EventPlaces& places, Position published,
                                 const std::function<Status()>& keep) {
  return Comparison(places, published).run(topics, keep);
}

}  // namespace cqrs
