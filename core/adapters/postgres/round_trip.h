// Several statements of one session sent together and answered together: one wait for the server
// instead of one each. By libpq's pipeline mode, which pqxx does not offer.
#pragma once

#include "core/adapters/postgres/arrays.h"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct pg_conn;
struct pg_result;

namespace cqrs::postgres {

// What one statement answered. Its rows are valid as long as it is.
class Answer {
 public:
  struct Row {
    const pg_result* of;
    int number;
  };
  explicit Answer(pg_result* result) : result_(result) {}
  [[nodiscard]] int size() const;
  [[nodiscard]] Row operator[](int row) const { return {result_.get(), row}; }

 private:
  struct Clear {
    void operator()(pg_result* result) const;
  };
  std::unique_ptr<pg_result, Clear> result_;
};

// Empty for null.
[[nodiscard]] std::string_view text(const Answer::Row& row, int column);

// Throws what pqxx would: sql_error with what the server says, or broken_connection. Only the last
// statement may answer with much, because nothing is read before everything is sent.
class RoundTrip {
 public:
  // Of a connection between two statements; until finish() nothing else may use it.
  explicit RoundTrip(pg_conn* connection) : connection_(connection) {}

  void add(const std::string& sql);
  // `statement` is prepared; the parameters may go before finish().
  void add(const std::string& statement, const Parameters& parameters);
  // One answer for each statement, in order. The first that fails is thrown when all have ended;
  // the server leaves out those behind it.
  std::vector<Answer> finish();

  [[nodiscard]] std::size_t size() const { return size_; }
  // How many of them were carried out, after finish() or what it threw.
  [[nodiscard]] std::size_t answered() const { return answered_; }

 private:
  void begin();
  void check(bool sent);
  void end();

  pg_conn* connection_;
  std::size_t size_ = 0;
  std::size_t answered_ = 0;
};

}  // namespace cqrs::postgres
