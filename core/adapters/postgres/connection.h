// One connection to the server, with the schema of this system in front: opened again after it
// broke, and the one place where exceptions of the driver become Errors.
#pragma once

#include "core/adapters/postgres/stores.h"

#include <pqxx/connection_base>
#include <pqxx/nontransaction>
#include <pqxx/result>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

struct pg_conn;

namespace cqrs::postgres {

class Answer;
class RoundTrip;

// What a connection is for. All of it holds again whenever it is opened anew.
struct Session {
  std::string application;  // shown by pg_stat_activity
  std::string settings;     // SQL, several statements allowed
  // Registers prepared statements and checks what must hold; an error leaves the connection closed.
  std::function<Status(pqxx::nontransaction&)> prepare;
};

// Used by one thread at a time.
class Connection {
 public:
  // Connects. Errors: unavailable, invalid (the schema's name, the URL), those of
  // `session.prepare`.
  [[nodiscard]] static Result<std::unique_ptr<Connection>> open(const Options& options,
                                                                Session session);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Calls `work(pqxx::nontransaction&)`, whose statements are a transaction each unless it begins
  // one, and gives back its Result. Connects first when the connection is closed. Nothing is ever
  // sent twice.
  template <class Work>
  auto run(Work&& work) -> std::invoke_result_t<Work&, pqxx::nontransaction&> {
    try {
      CQRS_TRY(connect());
      pqxx::nontransaction session(raw());
      return work(session);
    } catch (...) {
      return failed();
    }
  }

  [[nodiscard]] const std::string& schema() const { return schema_; }
  // For what pqxx offers on connections only, and for what only libpq does. Open within a run() and
  // after one that succeeded.
  [[nodiscard]] pqxx::connection_base& raw() const;
  [[nodiscard]] pg_conn* handle() const;

 private:
  class Opened;
  Connection(std::string target, std::string schema, Session session);
  // Throws what pqxx throws.
  Status connect();
  // Only within a catch clause.
  [[nodiscard]] Error failed();

  std::string target_;
  std::string schema_;
  Session session_;
  std::unique_ptr<Opened> connection_;
};

// A transaction within Connection::run(), rolled back unless commit() was called. Every statement
// of it sees what was committed before that statement, and no default of the server changes that.
class Transaction {
 public:
  static constexpr const char* kBegin = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

  // `begin` may hold further statements behind a kBegin.
  explicit Transaction(pqxx::nontransaction& session, const std::string& begin = kBegin);
  // Nothing is sent yet: what commit() is given begins with a kBegin.
  struct Unbegun {};
  Transaction(pqxx::nontransaction& session, Unbegun /*tag*/) : session_(session) {}
  // Carries out `first`, whose first statement is a kBegin; `answers` is what finish() gave.
  Transaction(pqxx::nontransaction& session, RoundTrip& first, std::vector<Answer>& answers);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();
  // Error: in_doubt (the connection broke meanwhile). What the server refuses is thrown.
  [[nodiscard]] Status commit();
  // Carries out `last` with the commit behind it. What fails before the commit is thrown: then the
  // server has left the commit out. `answers`: what it gave, the commit's own last.
  [[nodiscard]] Status commit(RoundTrip& last, std::vector<Answer>* answers = nullptr);

 private:
  [[nodiscard]] Error in_doubt();

  pqxx::nontransaction& session_;
  bool open_ = true;
};

// Prepares a statement at once: what is wrong with it, or with the tables, shows when a connection
// is opened.
void prepare_now(pqxx::nontransaction& session, const std::string& name, const std::string& sql);

// What the exception being handled means. `connected`: the connection outlived it.
[[nodiscard]] Error current_error(bool connected);

// The name as it stands in SQL. Error: invalid.
[[nodiscard]] Result<std::string> quoted_schema(const std::string& schema);

// The key of an advisory lock: systems in other schemas of the same database have others.
[[nodiscard]] std::string lock_key(std::string_view purpose, std::string_view schema);

}  // namespace cqrs::postgres
