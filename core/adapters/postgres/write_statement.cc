#include "core/adapters/postgres/arrays.h"
#include "core/adapters/postgres/claim_changes.h"
#include "core/adapters/postgres/connection.h"
#include "core/adapters/postgres/credential_changes.h"
#include "core/adapters/postgres/write_parts.h"
#include "core/adapters/postgres/write_statements.h"
#include "core/base/hash.h"

namespace cqrs::postgres {
namespace {

std::int64_t number(Kind kind) { return static_cast<std::int64_t>(kind); }

// Collects the parts of one statement, which are added in the order of Part.
class Statement {
 public:
  // True when there is something to add to the parameters.
  template <class Rows>
  bool has(Part part, const Rows& rows) {
    if (rows.empty()) return false;
    parts_ |= 1U << static_cast<unsigned>(part);
    return true;
  }
  [[nodiscard]] std::uint32_t parts() const { return parts_; }
  Parameters parameters;

 private:
  std::uint32_t parts_ = 0;
};

void add_events(Statement& to, const std::vector<Event>& events, int partitions) {
  if (!to.has(Part::kEvents, events)) return;
  Parameters& add = to.parameters;
  add.add(Element::kInt8, events, [](const Event& e) { return e.position; });
  add.add(Element::kUuid, events, [](const Event& e) { return e.event_id; });
  add.add(Element::kInt2, events, [](const Event& e) { return number(e.stream.kind); });
  add.add(Element::kUuid, events, [](const Event& e) { return e.stream.id; });
  add.add(Element::kInt8, events, [](const Event& e) { return e.version; });
  add.add(Element::kInt2, events, [](const Event& e) { return slice_of(e.stream.id); });
  add.add(Element::kInt4, events,
          [&](const Event& e) { return slice_of(e.stream.id) % partitions; });
  add.add(Element::kText, events, [](const Event& e) { return std::string_view(e.type); });
  add.add(Element::kInt4, events, [](const Event& e) { return e.schema_version; });
  add.add(Element::kText, events, [](const Event& e) { return std::string_view(e.data); });
  add.add(Element::kText, events, [](const Event& e) { return std::string_view(e.traceparent); });
  add.add(Element::kInt8, events, [](const Event& e) { return e.recorded_at.micros; });
}

using StreamRows = std::vector<const StreamRecord*>;

void add_streams(Statement& to, Part part, const StreamRows& streams) {
  if (!to.has(part, streams)) return;
  using Row = const StreamRecord*;
  Parameters& add = to.parameters;
  add.add(Element::kInt2, streams, [](Row s) { return number(s->key.kind); });
  add.add(Element::kUuid, streams, [](Row s) { return s->key.id; });
  add.add(Element::kInt8, streams, [](Row s) { return s->version; });
  add.add(Element::kBool, streams, [](Row s) { return s->deleted ? 1 : 0; });
  add.add(Element::kInt2, streams, [](Row s) { return bucket_of(s->key.id); });
  add.add(Element::kInt8, streams, [](Row s) { return std::int64_t{s->digest.high}; });
  add.add(Element::kInt8, streams, [](Row s) { return std::int64_t{s->digest.low}; });
  add.add(Element::kInt8, streams, [](Row s) { return s->position; });
  add.add(Element::kText, streams, [](Row s) { return std::string_view(s->state); });
}

void add_claims(Parameters& to, const std::vector<ClaimChange>& claims) {
  to.add(Element::kInt2, claims,
         [](const ClaimChange& c) { return static_cast<std::int64_t>(c.claim.field); });
  to.add(Element::kText, claims,
         [](const ClaimChange& c) { return std::string_view(c.claim.value); });
  to.add(Element::kUuid, claims, [](const ClaimChange& c) { return c.owner; });
}

void add_requests(Statement& to, const std::vector<RequestRecord>& requests) {
  if (!to.has(Part::kRequests, requests)) return;
  Parameters& add = to.parameters;
  add.add(Element::kUuid, requests, [](const RequestRecord& r) { return r.key; });
  add.add(Element::kUuid, requests, [](const RequestRecord& r) { return r.fingerprint; });
  add.add(Element::kInt2, requests, [](const RequestRecord& r) { return number(r.stream.kind); });
  add.add(Element::kUuid, requests, [](const RequestRecord& r) { return r.stream.id; });
  add.add(Element::kInt8, requests, [](const RequestRecord& r) { return r.version; });
  add.add(Element::kInt8, requests, [](const RequestRecord& r) { return r.position; });
  add.add(Element::kBool, requests, [](const RequestRecord& r) { return r.created ? 1 : 0; });
  add.add(Element::kInt8, requests, [](const RequestRecord& r) { return r.recorded_at.micros; });
}

template <class Rows, class Of>
void add_credential(Parameters& to, const Rows& rows, Of&& of) {
  to.add(Element::kInt2, rows,
         [&](const auto& row) { return static_cast<std::int64_t>(of(row).stage); });
  to.add(Element::kInt4, rows, [&](const auto& row) { return of(row).key_id; });
  to.add(Element::kBytes, rows, [&](const auto& row) { return std::string_view(of(row).hash); });
}

void add_records(Statement& to, Part part, const std::vector<CredentialRecord>& records) {
  if (!to.has(part, records)) return;
  using Record = CredentialRecord;
  to.parameters.add(Element::kUuid, records, [](const Record& r) { return r.user; });
  add_credential(to.parameters, records,
                 [](const Record& r) -> const Credential& { return r.credential; });
  to.parameters.add(Element::kInt8, records, [](const Record& r) { return r.updated_at.micros; });
}

void add_upgrades(Statement& to, const std::vector<CredentialUpgrade>& upgrades) {
  if (!to.has(Part::kUpgrades, upgrades)) return;
  using Upgrade = CredentialUpgrade;
  Parameters& add = to.parameters;
  add.add(Element::kUuid, upgrades, [](const Upgrade& u) { return u.after.user; });
  add_credential(add, upgrades,
                 [](const Upgrade& u) -> const Credential& { return u.after.credential; });
  add.add(Element::kInt8, upgrades, [](const Upgrade& u) { return u.after.updated_at.micros; });
  add_credential(add, upgrades, [](const Upgrade& u) -> const Credential& { return u.before; });
}

}  // namespace

std::unordered_set<StreamKey> created_by(const Changes& changes) {
  std::unordered_set<StreamKey> created;
  for (const auto& event : changes.events) {
    if (event.version == 1) created.insert(event.stream);
  }
  return created;
}

void ChangeWriter::begin(int partitions) {
  partitions_ = partitions;
  prepared_.clear();
}

WriteStatement ChangeWriter::statement(pqxx::nontransaction& session, const Changes& changes,
                                       Timestamp oldest_request) {
  return make(session, changes, oldest_request, std::nullopt);
}

WriteStatement ChangeWriter::statement_at(pqxx::nontransaction& session, const Changes& changes,
                                          Position head) {
  return make(session, changes, {}, head);
}

WriteStatement ChangeWriter::make(pqxx::nontransaction& session, const Changes& changes,
                                  Timestamp oldest_request, std::optional<Position> head) {
  const auto created = created_by(changes);
  const ClaimChanges claims(changes);
  const CredentialChanges credentials(changes, created);
  StreamRows streams[2];  // changed, new
  for (const auto& stream : changes.streams) {
    streams[created.contains(stream.key) ? 1 : 0].push_back(&stream);
  }
  Statement all;
  add_events(all, changes.events, partitions_);
  add_streams(all, Part::kNewStreams, streams[1]);
  add_streams(all, Part::kChangedStreams, streams[0]);
  if (all.has(Part::kReleased, claims.released)) add_claims(all.parameters, claims.released);
  if (all.has(Part::kTaken, claims.taken)) add_claims(all.parameters, claims.taken);
  if (all.has(Part::kTakenOver, claims.taken_over)) {
    add_claims(all.parameters, claims.taken_over);
    add_claims(all.parameters, claims.from);
  }
  add_requests(all, changes.requests);
  if (oldest_request.micros != 0 && oldest_request < changes.forget_requests_before) {
    const std::vector<Timestamp> range{oldest_request, changes.forget_requests_before};
    all.has(Part::kForgotten, range);
    all.parameters.add(Element::kInt8, range, [](Timestamp time) { return time.micros; });
  }
  add_records(all, Part::kNewCredentials, credentials.created);
  add_records(all, Part::kCredentials, credentials.put);
  add_upgrades(all, credentials.upgrades);
  if (all.has(Part::kRemovedCredentials, credentials.removed)) {
    all.parameters.add(Element::kUuid, credentials.removed, [](const Uuid& user) { return user; });
  }
  if (all.parts() == 0) return {};
  if (head) {
    const std::vector<Position> presumed{*head};
    all.has(Part::kHeadIs, presumed);
    all.parameters.add(Element::kInt8, presumed, [](Position position) { return position; });
  }

  std::string name = "write_" + std::to_string(all.parts());
  if (!prepared_.contains(all.parts())) {
    prepare_now(session, name, write_sql(all.parts()));
    prepared_.insert(all.parts());
  }
  return {std::move(name), std::move(all.parameters),
          static_cast<std::int64_t>(claims.taken_over.size())};
}

}  // namespace cqrs::postgres
