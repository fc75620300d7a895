// The collections that Kafka Connect fills from the topics, see docs/formats/sink.md.
#include "core/adapters/mongo/connection.h"

#include <algorithm>
#include <limits>

namespace cqrs::mongo {
namespace {

// "user.created" is of a user. What says nothing of the kind is compared by its ids alone.
Kind kind_of(std::string_view type) {
  for (const Kind kind : kAllKinds) {
    if (type.substr(0, type.find('.')) == kind_name(kind)) return kind;
  }
  return Kind::kUser;
}

EventCopy to_copy(Fields& fields) {
  EventCopy copy;
  Event& event = copy.event;
  copy.id = fields.text("_id");
  event.event_id = parse_uuid(copy.id).value_or(Uuid{});
  event.type = fields.text("type");
  event.stream = {kind_of(event.type), parse_uuid(fields.text("stream")).value_or(Uuid{})};
  event.version = fields.number("version");
  event.position = fields.number("position");
  const auto schema = fields.number("schema_version");
  event.schema_version =
      static_cast<int>(std::clamp<std::int64_t>(schema, 0, std::numeric_limits<int>::max()));
  event.recorded_at.micros = fields.number("recorded_micros");
  event.data = fields.text("data");
  copy.unreadable = fields.first_bad();
  if (copy.unreadable == "_id") copy.id = "an id that is no text";
  return copy;
}

class MongoCopies final : public EventCopies {
 public:
  MongoCopies(std::unique_ptr<Connection> connection, int partitions)
      : connection_(std::move(connection)), partitions_(partitions) {}

  [[nodiscard]] std::string name() const override { return "sink collection"; }

  // The smallest word of all partitions; one that has said nothing yet is at the beginning.
  Result<Position> complete_to() override {
    Position least = std::numeric_limits<Position>::max();
    for (const Kind kind : kAllKinds) {
      auto complete = complete_to(kind);
      if (!complete) return complete.error();
      least = std::min(least, *complete);
    }
    return least;
  }

  Status read(Position from, Position to, const VisitCopy& visit) override {
    return scan(one("position", Doc().number("$gte", from).number("$lte", to)), visit);
  }

  Status read_strays(Position to, const VisitCopy& visit) override {
    Doc conditions;
    conditions.next(one("position", Doc().number("$gte", 1).number("$lte", to)));
    Doc none_of;
    none_of.array("$nor", conditions);
    return scan(none_of, visit);
  }

  Result<std::vector<EventCopy>> find(std::span<const Uuid> event_ids) override {
    Doc ids;
    for (const auto& id : event_ids) ids.next(to_string(id));
    Doc in;
    in.array("$in", ids);
    std::vector<EventCopy> found;
    CQRS_TRY(scan(one("_id", in), [&](EventCopy& copy) -> Status {
      found.push_back(std::move(copy));
      return {};
    }));
    return found;
  }

 private:
  Result<Position> complete_to(Kind kind) {
    Doc partitions;
    for (int i = 0; i < partitions_; ++i) partitions.next(std::int64_t{i});
    Doc in;
    in.array("$in", partitions);
    int said = 0;
    Position least = std::numeric_limits<Position>::max();
    CQRS_TRY(connection_->find(event_collection(kind), one("_id", in), Doc(),
                               [&](Fields& fields) -> Status {
                                 const auto position = fields.number("complete_to");
                                 if (!fields.first_bad().empty()) return {};
                                 ++said;
                                 least = std::min(least, position);
                                 return {};
                               }));
    return said == partitions_ ? least : 0;
  }

  Status scan(const Doc& filter, const VisitCopy& visit) {
    Doc options;
    options.number("batchSize", 1'000);
    for (const Kind kind : kAllKinds) {
      CQRS_TRY(
          connection_->find(event_collection(kind), filter, options, [&](Fields& fields) -> Status {
            if (is_word(fields)) return {};
            EventCopy copy = to_copy(fields);
            return visit(copy);
          }));
    }
    return {};
  }

  // How far a partition is complete, which stands among the events.
  [[nodiscard]] bool is_word(const Fields& document) const {
    Fields fields(document.bson());
    const auto partition = fields.number("_id");
    return fields.first_bad().empty() && partition >= 0 && partition < partitions_;
  }

  std::unique_ptr<Connection> connection_;
  int partitions_;
};

}  // namespace

std::string event_collection(Kind kind) { return std::string(kind_name(kind)) + "_events"; }

Result<std::unique_ptr<EventCopies>> open_event_copies(const Options& options, int partitions) {
  auto connection = Connection::open(options, kScanWithin);
  if (!connection) return connection.error();
  return std::unique_ptr<EventCopies>(
      std::make_unique<MongoCopies>(std::move(*connection), partitions));
}

// Pages of the record are looked for by position; an entity's events by its id.
Status prepare_event_copies(const Options& options) {
  auto connection = Connection::open(options, kAnswerWithin);
  if (!connection) return connection.error();
  std::vector<Doc> indexes;
  indexes.push_back(all_of({"position"}));
  indexes.push_back(all_of({"stream", "version"}));
  for (const Kind kind : kAllKinds) {
    CQRS_TRY((*connection)->create_indexes(event_collection(kind), indexes));
  }
  return {};
}

Status remove_event_copies(const Options& options) {
  auto connection = Connection::open(options, kAnswerWithin);
  if (!connection) return connection.error();
  for (const Kind kind : kAllKinds) CQRS_TRY((*connection)->drop(event_collection(kind)));
  return {};
}

}  // namespace cqrs::mongo
