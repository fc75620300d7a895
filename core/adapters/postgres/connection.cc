#include "core/adapters/postgres/connection.h"

#include "core/adapters/postgres/round_trip.h"
#include "core/base/hash.h"

#include <pqxx/connection>
#include <pqxx/except>

#include <algorithm>
#include <utility>

namespace cqrs::postgres {
namespace {

// Added to the URL unless it says otherwise. Together they bound how long a machine that vanished
// keeps us waiting: 5 s to connect, 20 s for anything that was sent, 25 s while idle.
constexpr std::pair<const char*, const char*> kDefaults[] = {
    {"connect_timeout", "5"},  {"keepalives_idle", "10"},     {"keepalives_interval", "5"},
    {"keepalives_count", "3"}, {"tcp_user_timeout", "20000"}, {"client_encoding", "UTF8"},
};

bool is_url(const std::string& text) {
  return text.starts_with("postgresql://") || text.starts_with("postgres://");
}

std::string target_of(const std::string& url, const std::string& application) {
  std::string target = url;
  const bool as_url = is_url(url);
  const auto add = [&](const std::string& name, const std::string& value) {
    if (url.find(name + "=") != std::string::npos) return;
    if (as_url) {
      target += target.find('?') == std::string::npos ? "?" : "&";
      target += name + "=" + value;
    } else {
      target += " " + name + "='" + value + "'";
    }
  };
  for (const auto& [name, value] : kDefaults) add(name, value);
  std::string shown = application;
  if (as_url) std::replace(shown.begin(), shown.end(), ' ', '-');
  add("application_name", shown);
  return target;
}

// The first line says what; the following ones may quote values, which belong to clients.
std::string first_line(const char* what) {
  std::string text(what);
  const auto end = text.find('\n');
  // What libpq says about each address it tried follows on a line of its own.
  const bool more = end != std::string::npos && end > 0 && text[end - 1] == ':';
  text = text.substr(0, more ? text.find('\n', end + 1) : end);
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text.starts_with("ERROR:  ") ? text.substr(8) : text;
}

// What libpq says of a URL it cannot parse holds all of it, the password, too.
bool is_malformed(std::string_view message) {
  for (const char* sign : {" URI", "connection info string", "percent-encoded"}) {
    if (message.find(sign) != std::string_view::npos) return true;
  }
  return false;
}

Error unavailable(const std::string& what) {
  return make_error(ErrorCode::kUnavailable, "PostgreSQL: " + what);
}

// https://www.postgresql.org/docs/15/errcodes-appendix.html
ErrorCode code_of(const std::string& state) {
  const auto is = [&](std::string_view prefix) { return state.starts_with(prefix); };
  if (is("XX001") || is("XX002")) return ErrorCode::kCorrupt;
  const bool passing = is("08") ||     // connection
                       is("53") ||     // disk full, out of memory, too many connections
                       is("57") ||     // shut down, restarting, cancelled by a time limit
                       is("58") ||     // input or output failed
                       is("40") ||     // deadlock, serialization
                       is("55P03") ||  // waited too long for a lock
                       is("25006") ||  // a standby, which only reads
                       is("25P03");    // was idle within a transaction for too long
  return passing ? ErrorCode::kUnavailable : ErrorCode::kInternal;
}

// Whether the server may have carried out what it answered with this.
bool leaves_doubt(const std::string& state) {
  return state.empty() || state.starts_with("08") || state.starts_with("57") ||
         state.starts_with("58") || state.starts_with("XX");
}

constexpr const char* kDoubt =
    "the connection broke while the commit was on its way: retry under the same Idempotency-Key";

}  // namespace

Error current_error(bool connected) {
  try {
    throw;
  } catch (const pqxx::in_doubt_error& error) {
    return make_error(ErrorCode::kInDoubt, std::string("PostgreSQL: ") + kDoubt);
  } catch (const pqxx::broken_connection& error) {
    return unavailable(first_line(error.what()));
  } catch (const pqxx::sql_error& error) {
    if (!connected) return unavailable(first_line(error.what()));
    return make_error(code_of(error.sqlstate()),
                      "PostgreSQL: " + first_line(error.what()) + " (" + error.sqlstate() + ")");
  } catch (const pqxx::transaction_rollback& error) {
    return unavailable(first_line(error.what()));
  } catch (const std::exception& error) {
    if (!connected) return unavailable(first_line(error.what()));
    return make_error(ErrorCode::kInternal, "PostgreSQL: " + first_line(error.what()));
  }
}

// As pqxx puts its own kinds of connection together, except that it does not hide the handle.
class Connection::Opened final : public pqxx::connection_base {
 public:
  explicit Opened(const std::string& target)
      : pqxx::connection_base(connecting_), connecting_(target) {
    init();
  }
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;
  ~Opened() noexcept { close(); }
  [[nodiscard]] pg_conn* handle() const { return connecting_.connected; }

 private:
  struct Connecting final : pqxx::connect_direct {
    using pqxx::connect_direct::connect_direct;
    handle do_startconnect(handle before) override {
      return connected = pqxx::connect_direct::do_startconnect(before);
    }
    handle do_disconnect(handle before) noexcept override {
      connected = nullptr;
      return pqxx::connect_direct::do_disconnect(before);
    }
    handle connected = nullptr;
  };
  Connecting connecting_;
};

Connection::Connection(std::string target, std::string schema, Session session)
    : target_(std::move(target)), schema_(std::move(schema)), session_(std::move(session)) {}

Connection::~Connection() = default;

pqxx::connection_base& Connection::raw() const { return *connection_; }

pg_conn* Connection::handle() const { return connection_->handle(); }

Result<std::unique_ptr<Connection>> Connection::open(const Options& options, Session session) {
  auto schema = quoted_schema(options.schema);
  if (!schema) return schema.error();
  session.settings = "SET search_path TO " + *schema +
                     "; SET jit = off; SET timezone = 'UTC'; SET bytea_output = 'hex'; "
                     "SET client_min_messages = warning; SET standard_conforming_strings = on; " +
                     session.settings;
  std::string target = target_of(options.url, session.application);
  auto connection = std::unique_ptr<Connection>(
      new Connection(std::move(target), options.schema, std::move(session)));
  CQRS_TRY(connection->run([](pqxx::nontransaction&) { return Status(); }));
  return connection;
}

Status Connection::connect() {
  // pqxx would connect again by itself, but without our settings. It only does for a statement on a
  // closed connection, and the one who closed it is always let go of here first.
  if (connection_ && connection_->is_open()) return {};
  connection_.reset();
  std::unique_ptr<Opened> opened;
  try {
    opened = std::make_unique<Opened>(target_);
  } catch (const pqxx::failure& error) {
    if (!is_malformed(error.what())) throw;
    return invalid("url",
                   "the URL of PostgreSQL cannot be read: write "
                   "postgresql://user:password@host:port/database");
  }
  {
    pqxx::nontransaction session(*opened);
    session.exec(session_.settings);
    if (session_.prepare) CQRS_TRY(session_.prepare(session));
  }
  connection_ = std::move(opened);
  return {};
}

Error Connection::failed() {
  const bool connected = connection_ && connection_->is_open();
  Error error = current_error(connected);
  if (!connected) connection_.reset();
  return error;
}

Transaction::Transaction(pqxx::nontransaction& session, const std::string& begin)
    : session_(session) {
  try {
    session_.exec(begin);
  } catch (...) {
    // It may have begun before the rest of `begin` failed.
    if (session_.conn().is_open()) session_.conn().disconnect();
    throw;
  }
}

Transaction::Transaction(pqxx::nontransaction& session, RoundTrip& first,
                         std::vector<Answer>& answers)
    : session_(session) {
  try {
    answers = first.finish();
  } catch (...) {
    if (session_.conn().is_open()) session_.conn().disconnect();
    throw;
  }
}

Transaction::~Transaction() {
  if (!open_ || !session_.conn().is_open()) return;
  try {
    session_.exec("ROLLBACK");
  } catch (...) {
    session_.conn().disconnect();
  }
}

Status Transaction::commit() {
  open_ = false;
  try {
    session_.exec("COMMIT");
    return {};
  } catch (const pqxx::sql_error& error) {
    // Refused by a server that is still there: then nothing of it has happened.
    if (session_.conn().is_open() && !leaves_doubt(error.sqlstate())) throw;
  } catch (const pqxx::failure&) {  // among them a broken connection
  }
  return in_doubt();
}

Status Transaction::commit(RoundTrip& last, std::vector<Answer>* answers) {
  try {
    last.add("COMMIT");
    auto given = last.finish();
    if (answers != nullptr) *answers = std::move(given);
    open_ = false;
    return {};
  } catch (const pqxx::sql_error& error) {
    if (last.answered() + 1 < last.size()) throw;
    open_ = false;
    if (session_.conn().is_open() && !leaves_doubt(error.sqlstate())) throw;
  } catch (const pqxx::failure&) {
    open_ = false;
  }
  return in_doubt();
}

Error Transaction::in_doubt() {
  session_.conn().disconnect();
  return make_error(ErrorCode::kInDoubt, std::string("PostgreSQL: ") + kDoubt);
}

void prepare_now(pqxx::nontransaction& session, const std::string& name, const std::string& sql) {
  session.conn().prepare(name, sql);
  session.conn().prepare_now(name);
}

Result<std::string> quoted_schema(const std::string& schema) {
  constexpr std::size_t kLongest = 40;  // leaves room for names made from it
  const bool fits = !schema.empty() && schema.size() <= kLongest && !schema.starts_with("pg_") &&
                    std::all_of(schema.begin(), schema.end(), [](char c) {
                      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                             (c >= '0' && c <= '9') || c == '_';
                    });
  if (fits) return "\"" + schema + "\"";
  return invalid("schema", "\"" + schema +
                               "\" is no name for a schema: use 1 to 40 letters, digits and _, "
                               "not beginning with pg_");
}

std::string lock_key(std::string_view purpose, std::string_view schema) {
  const std::uint64_t key =
      fnv1a(std::string("cqrs ") + std::string(purpose) + " " + std::string(schema));
  return std::to_string(static_cast<std::int64_t>(key));
}

}  // namespace cqrs::postgres
