#include "core/adapters/postgres/channel.h"
#include "core/adapters/postgres/presumption.h"
#include "core/adapters/postgres/rows.h"
#include "core/adapters/postgres/schema.h"
#include "core/adapters/postgres/write_statements.h"
#include "core/base/failpoint.h"

#include <utility>

namespace cqrs::postgres {
namespace {

// One plan for all batches, made once: planning costs more than running it. A writer that stands
// still must not stop the others, nor wait for one that does, for ever.
constexpr const char* kSettings =
    "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; "
    "SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_bitmapscan = off; "
    "SET lock_timeout = '20s'; SET idle_in_transaction_session_timeout = '15s'; "
    // A machine that vanishes while it sends is not idle.
    "SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3";

// https://www.postgresql.org/docs/15/errcodes-appendix.html
constexpr const char* kUniqueViolation = "23505";
// Deciding so few commands twice does not matter.
constexpr std::size_t kDecidedForNothing = 8;
constexpr const char* kBegin = "begin";
constexpr const char* kOrderLock = "order_lock";

// What an acknowledged command relies on. Any other value of synchronous_commit waits for the disk
// of this server at least.
Status check_durability(pqxx::nontransaction& session) {
  for (const std::string setting : {"fsync", "full_page_writes", "synchronous_commit"}) {
    const auto value = session.exec("SHOW " + setting);
    if (text(value[0], 0) != "off") continue;
    return invalid(setting, "PostgreSQL runs with " + setting +
                                " = off and may lose what it has acknowledged: set it to on");
  }
  return {};
}

class PostgresWriteStore final : public WriteStore {
 public:
  PostgresWriteStore(std::unique_ptr<Connection> connection, std::shared_ptr<ChangeWriter> writer)
      : connection_(std::move(connection)),
        writer_(std::move(writer)),
        hint_("NOTIFY \"" + head_channel(connection_->schema()) + "\"") {}

  Status transact(const Touched& touched,
                  const std::function<Changes(const Loaded&)>& decide) override {
    return connection_->run(
        [&](pqxx::nontransaction& session) { return attempt(session, touched, decide); });
  }

  // Not within the transaction, whose commit would then wait for those of everybody who notifies.
  void announce() override {
    if (!std::exchange(unannounced_, false)) return;
    (void)connection_->run([&](pqxx::nontransaction& session) -> Status {
      session.exec(hint_);
      return {};
    });
  }

 private:
  using Decide = std::function<Changes(const Loaded&)>;

  Status attempt(pqxx::nontransaction& session, const Touched& touched, const Decide& decide) {
    CQRS_FAILPOINT_TRY("command.before_lock", ErrorCode::kUnavailable);
    if (const auto presumed = presumption_.begin(touched)) {
      const Changes changes = decide(*presumed);
      if (Presumption::proven_by(changes, touched)) {
        auto done = write_presumed(session, changes, presumed->head);
        if (!done) return done.error();
        if (*done) return {};
        presumption_.failed();
      } else if (touched.streams.size() > kDecidedForNothing) {
        presumption_.failed();
      }
    }
    return load_and_write(session, touched, decide);
  }

  // False: something was there, or somebody else has written meanwhile. Nothing is written then.
  Result<bool> write_presumed(pqxx::nontransaction& session, const Changes& changes,
                              Position head) {
    const auto write = writer_->statement_at(session, changes, head);
    Transaction transaction(session, Transaction::Unbegun());
    RoundTrip all(connection_->handle());
    lock(all);
    all.add(write.name, write.parameters);
    std::vector<Answer> answers;
    try {
      CQRS_TRY(transaction.commit(all, &answers));
    } catch (const pqxx::sql_error& error) {
      if (error.sqlstate() != kUniqueViolation) throw;
      return false;
    }
    if (integer(answers.at(answers.size() - 2)[0], 0) != 1) return false;
    presumption_.held(changes);
    committed();
    return true;
  }

  Status load_and_write(pqxx::nontransaction& session, const Touched& touched,
                        const Decide& decide) {
    RoundTrip first(connection_->handle());
    lock(first);
    first.add(kLoadStatement, load_parameters(touched, oldest_request_));
    std::vector<Answer> answers;
    Transaction transaction(session, first, answers);
    auto batch = read_loaded(answers.back(), touched);
    if (!batch) return batch.error();
    if (batch->oldest_request.micros != 0) oldest_request_ = batch->oldest_request;
    const Changes changes = decide(batch->loaded);
    if (changes.empty()) {
      presumption_.learn(batch->loaded.head);
      return {};
    }
    const auto write = writer_->statement(session, changes, batch->oldest_request);
    if (write.taken_over > 0) {
      CQRS_TRY(write_first(session, write));
      CQRS_TRY(transaction.commit());
    } else {
      RoundTrip last(connection_->handle());
      if (!write.name.empty()) last.add(write.name, write.parameters);
      CQRS_TRY(transaction.commit(last));
    }
    presumption_.learn(changes.events.empty() ? batch->loaded.head
                                              : changes.events.back().position);
    if (changes.forget_requests_before.micros != 0) presumption_.forgot();
    committed();
    return {};
  }

  // The lock is a statement of its own: the next one sees everything that was committed before the
  // lock was granted, because its snapshot is taken after that.
  static void lock(RoundTrip& to) {
    to.add(kBegin, Parameters());
    to.add(kOrderLock, Parameters());
  }

  // When what it answers decides whether there is a commit.
  static Status write_first(pqxx::nontransaction& session, const WriteStatement& write) {
    const auto result = write.parameters.execute(session, write.name.c_str());
    if (integer(result[0], 0) == write.taken_over) return {};
    return make_error(ErrorCode::kInternal, "a unique value of the batch is held by somebody else");
  }

  void committed() {
    CQRS_FAILPOINT("command.after_commit");
    unannounced_ = true;
  }

  std::unique_ptr<Connection> connection_;
  std::shared_ptr<ChangeWriter> writer_;  // shared with what prepares the connection
  Presumption presumption_;
  Timestamp oldest_request_;  // no older one has been there since
  bool unannounced_ = false;
  std::string hint_;
};

}  // namespace

Result<std::unique_ptr<WriteStore>> open_write_store(const Options& options) {
  auto writer = std::make_shared<ChangeWriter>();
  const auto prepare =
      [writer, key = lock_key("order", options.schema)](pqxx::nontransaction& session) -> Status {
    CQRS_TRY(check_durability(session));
    prepare_now(session, kBegin, Transaction::kBegin);
    prepare_now(session, kOrderLock, "SELECT pg_advisory_xact_lock(" + key + ")");
    prepare_load(session);
    writer->begin(read_meta(session).partitions);
    return {};
  };
  auto connection = open_checked(options, {"cqrs write store", kSettings, prepare});
  if (!connection) return connection.error();
  return std::unique_ptr<WriteStore>(
      std::make_unique<PostgresWriteStore>(std::move(*connection), std::move(writer)));
}

}  // namespace cqrs::postgres
