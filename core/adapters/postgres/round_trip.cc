#include "core/adapters/postgres/round_trip.h"

#include <libpq-fe.h>
#include <pqxx/except>

namespace cqrs::postgres {
namespace {

[[noreturn]] void throw_broken(const pg_conn* connection) {
  throw pqxx::broken_connection(PQerrorMessage(connection));
}

// libpq makes results of its own for a connection that broke; those have no state.
[[noreturn]] void throw_refused(const pg_conn* connection, const pg_result* result) {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  if (state == nullptr) throw_broken(connection);
  throw pqxx::sql_error(PQresultErrorMessage(result), "", state);
}

bool succeeded(const pg_result* result) {
  const auto status = PQresultStatus(result);
  return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
}

}  // namespace

void Answer::Clear::operator()(pg_result* result) const { PQclear(result); }

int Answer::size() const { return PQntuples(result_.get()); }

std::string_view text(const Answer::Row& row, int column) {
  return {PQgetvalue(row.of, row.number, column),
          static_cast<std::size_t>(PQgetlength(row.of, row.number, column))};
}

void RoundTrip::begin() {
  if (size_++ > 0) return;
  // What the server closed meanwhile shows here, while it is certain that nothing was sent: the
  // first look takes in its last words, the second that nothing follows them.
  check(PQconsumeInput(connection_) == 1 && PQconsumeInput(connection_) == 1 &&
        PQenterPipelineMode(connection_) == 1);
}

void RoundTrip::check(bool sent) {
  if (!sent) throw_broken(connection_);
}

void RoundTrip::add(const std::string& sql) {
  begin();
  check(PQsendQueryParams(connection_, sql.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0) == 1);
}

void RoundTrip::add(const std::string& statement, const Parameters& parameters) {
  begin();
  std::vector<const char*> values;
  std::vector<int> lengths;
  for (const auto& value : parameters.values()) {
    values.push_back(value.data());
    lengths.push_back(static_cast<int>(value.size()));
  }
  const std::vector<int> binary(values.size(), 1);
  check(PQsendQueryPrepared(connection_, statement.c_str(), static_cast<int>(values.size()),
                            values.data(), lengths.data(), binary.data(), 0) == 1);
}

std::vector<Answer> RoundTrip::finish() {
  check(PQpipelineSync(connection_) == 1);
  std::vector<Answer> answers;
  std::unique_ptr<Answer> refused;
  pg_result* failure = nullptr;
  for (std::size_t at = 0; at < size_; ++at) {
    pg_result* result = PQgetResult(connection_);
    if (result == nullptr) throw_broken(connection_);
    Answer answer(result);
    // Nothing: the end of this statement's results.
    while (pg_result* more = PQgetResult(connection_)) PQclear(more);
    if (PQstatus(connection_) != CONNECTION_OK && !succeeded(result)) {
      throw_refused(connection_, result);
    }
    if (failure == nullptr && succeeded(result)) {
      ++answered_;
      answers.push_back(std::move(answer));
    } else if (failure == nullptr) {
      failure = result;
      refused = std::make_unique<Answer>(std::move(answer));
    }
  }
  end();
  if (failure != nullptr) throw_refused(connection_, failure);
  return answers;
}

// What follows all results is the answer to PQpipelineSync.
void RoundTrip::end() {
  pg_result* sync = PQgetResult(connection_);
  const bool whole = sync != nullptr && PQresultStatus(sync) == PGRES_PIPELINE_SYNC;
  PQclear(sync);
  check(whole && PQexitPipelineMode(connection_) == 1);
}

}  // namespace cqrs::postgres
