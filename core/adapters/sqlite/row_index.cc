#include "core/adapters/sqlite/row_index.h"

namespace cqrs::sqlite {
namespace {

std::uint64_t claim_hash(ClaimField field, std::string_view value) {
  return fnv1a(value) ^ (static_cast<std::uint64_t>(field) << 56U);
}

}  // namespace

RowIndex::RowIndex(Database& database)
    : database_(database),
      select_claim_(database, "SELECT field, value, owner FROM claims WHERE row = ?"),
      insert_claim_(database, "INSERT INTO claims VALUES(?, ?, ?, ?)"),
      delete_claim_(database, "DELETE FROM claims WHERE row = ?"),
      select_request_(
          database,
          "SELECT request_key, fingerprint, kind, stream_id, version, position, created, "
          "recorded_at FROM requests WHERE row = ?"),
      insert_request_(database, "INSERT INTO requests VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      oldest_requests_(database,
                       "SELECT row, request_key, recorded_at FROM requests ORDER BY row LIMIT ?"),
      delete_request_(database, "DELETE FROM requests WHERE row = ?") {}

Status RowIndex::build() {
  auto rows = database_.query_integer("SELECT max(row) FROM claims");
  if (!rows) return rows.error();
  claims_.reserve(static_cast<std::size_t>(*rows));
  Statement claims(database_, "SELECT row, field, value FROM claims");
  for (;;) {
    auto row = claims.step();
    if (!row) return row.error();
    if (!*row) break;
    const auto number = claims.integer(0);
    claims_.insert(claim_hash(static_cast<ClaimField>(claims.integer(1)), claims.text(2)), number);
    next_claim_ = number + 1;
  }
  rows = database_.query_integer("SELECT max(row) FROM requests");
  if (!rows) return rows.error();
  requests_.reserve(static_cast<std::size_t>(*rows));
  Statement requests(database_, "SELECT row, request_key FROM requests");
  for (;;) {
    auto row = requests.step();
    if (!row) return row.error();
    if (!*row) break;
    const auto number = requests.integer(0);
    requests_.insert(requests.id(1).high(), number);
    next_request_ = number + 1;
  }
  committed_claim_ = next_claim_;
  committed_request_ = next_request_;
  return {};
}

Result<std::int64_t> RowIndex::claim_row(const Claim& claim, Uuid* owner) {
  std::int64_t found = 0;
  std::optional<Error> failure;
  claims_.find(claim_hash(claim.field, claim.value), [&](std::int64_t row) {
    auto present = select_claim_.bind(1, row).step();
    if (!present) {
      failure = present.error();
    } else if (*present && select_claim_.integer(0) == static_cast<std::int64_t>(claim.field) &&
               select_claim_.text(1) == claim.value) {
      *owner = select_claim_.id(2);
      found = row;
    }
    select_claim_.reset();
    return found != 0 || failure;
  });
  if (failure) return *failure;
  return found;
}

Result<std::optional<Uuid>> RowIndex::owner(const Claim& claim) {
  Uuid owner;
  auto row = claim_row(claim, &owner);
  if (!row) return row.error();
  return *row == 0 ? std::optional<Uuid>() : owner;
}

Result<std::optional<RequestRecord>> RowIndex::request(const Uuid& key) {
  std::optional<RequestRecord> found;
  std::optional<Error> failure;
  requests_.find(key.high(), [&](std::int64_t row) {
    auto present = select_request_.bind(1, row).step();
    if (!present) {
      failure = present.error();
    } else if (*present && select_request_.id(0) == key) {
      const auto kind = kind_from_number(select_request_.integer(2));
      found = RequestRecord{key,
                            select_request_.id(1),
                            {kind.value_or(Kind::kUser), select_request_.id(3)},
                            select_request_.integer(4),
                            select_request_.integer(5),
                            select_request_.integer(6) != 0,
                            {select_request_.integer(7)}};
    }
    select_request_.reset();
    return found || failure;
  });
  if (failure) return *failure;
  return found;
}

Status RowIndex::release(const ClaimChange& change) {
  Uuid owner;
  auto row = claim_row(change.claim, &owner);
  if (!row) return row.error();
  // Taken and released in the same transaction: it was never written.
  if (*row == 0 || owner != change.owner) return {};
  pending_.push_back({true, true, claim_hash(change.claim.field, change.claim.value), *row});
  return delete_claim_.bind(1, *row).run();
}

Status RowIndex::take(const ClaimChange& change) {
  const std::int64_t row = next_claim_++;
  pending_.push_back({true, false, claim_hash(change.claim.field, change.claim.value), row});
  return insert_claim_.bind(1, row)
      .bind(2, static_cast<std::int64_t>(change.claim.field))
      .bind(3, std::string_view(change.claim.value))
      .bind(4, change.owner)
      .run();
}

Status RowIndex::remember(const RequestRecord& record) {
  const std::int64_t row = next_request_++;
  pending_.push_back({false, false, record.key.high(), row});
  return insert_request_.bind(1, row)
      .bind(2, record.key)
      .bind(3, record.fingerprint)
      .bind(4, static_cast<std::int64_t>(record.stream.kind))
      .bind(5, record.stream.id)
      .bind(6, record.version)
      .bind(7, record.position)
      .bind(8, static_cast<std::int64_t>(record.created ? 1 : 0))
      .bind(9, record.recorded_at.micros)
      .run();
}

Status RowIndex::forget_before(Timestamp time) {
  // A few more than a commit adds at most, so that what expires never piles up.
  constexpr std::int64_t kMost = 2'000;
  if (oldest_request_ >= time) return {};
  std::vector<Pending> expired;
  Timestamp oldest = time;
  oldest_requests_.bind(1, kMost);
  for (;;) {
    auto row = oldest_requests_.step();
    if (!row) return row.error();
    if (!*row) break;
    oldest.micros = oldest_requests_.integer(2);
    if (oldest >= time) break;
    expired.push_back({false, true, oldest_requests_.id(1).high(), oldest_requests_.integer(0)});
  }
  oldest_requests_.reset();
  for (const auto& record : expired) {
    CQRS_TRY(delete_request_.bind(1, record.row).run());
    pending_.push_back(record);
  }
  oldest_request_ = oldest;
  return {};
}

void RowIndex::committed() {
  for (const auto& change : pending_) {
    HashIndex& index = change.claim ? claims_ : requests_;
    if (change.erase) {
      index.erase(change.hash, change.row);
    } else {
      index.insert(change.hash, change.row);
    }
  }
  pending_.clear();
  committed_claim_ = next_claim_;
  committed_request_ = next_request_;
}

void RowIndex::rolled_back() {
  pending_.clear();
  oldest_request_ = {};
  next_claim_ = committed_claim_;
  next_request_ = committed_request_;
}

}  // namespace cqrs::sqlite
