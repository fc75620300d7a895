// The slot that Debezium reads is lost, falls too far behind, or is made anew behind its back: that
// is found out, and what it would have brought comes from the record.
#include "tests/standard/cdc_system.h"

#include <pqxx/connection>
#include <pqxx/nontransaction>
#include <pqxx/result>

namespace cqrs::e2e {
namespace {

// How much of its journal the server keeps for slots, while this lives.
class KeptJournal {
 public:
  explicit KeptJournal(const std::string& most) {
    set("ALTER SYSTEM SET max_slot_wal_keep_size = '" + most + "'");
  }
  KeptJournal(const KeptJournal&) = delete;
  KeptJournal& operator=(const KeptJournal&) = delete;
  ~KeptJournal() { reset(); }
  static void reset() { set("ALTER SYSTEM RESET max_slot_wal_keep_size"); }

  // Begins a new file of the journal and lets go of old ones; whether that cost this slot its
  // place.
  [[nodiscard]] bool outgrown_by(const std::string& slot) const {
    pqxx::connection connection(support::parts().postgres);
    pqxx::nontransaction session(connection);
    session.exec("SELECT pg_logical_emit_message(false, 'tests', repeat('x', 1000000))");
    session.exec("SELECT pg_switch_wal()");
    session.exec("CHECKPOINT");
    const auto found = session.exec_params(
        "SELECT FROM pg_replication_slots WHERE slot_name = $1 AND wal_status = 'lost'", slot);
    return !found.empty();
  }

 private:
  static void set(const std::string& sql) {
    pqxx::connection connection(support::parts().postgres);
    pqxx::nontransaction session(connection);
    session.exec(sql);
    session.exec("SELECT pg_reload_conf()");
  }
};

class CdcSlot : public Cdc {
 protected:
  static void SetUpTestSuite() {
    Cdc::SetUpTestSuite();
    // Of a run that was killed in the middle.
    KeptJournal::reset();
  }

  void work_until_connect_is_killed() const {
    system_.up_standard();
    ASSERT_TRUE(wait_until([&] { return connector_runs(); }, kRecovery));
    seed("1", "300");
    ASSERT_TRUE(wait_until([&] { return published_all(); }, kRecovery));
    run_parts({"kill", "connect"});
  }
  // After 100 events without the slot.
  void expect_made_anew_and_filled() const {
    run_parts({"start", "connect"});
    EXPECT_TRUE(wait_until([&] { return published_all(); }, kRecovery)) << relay("/readyz").body;
    EXPECT_EQ(relay_metric("cqrs_cdc_slots_made"), 2);
    EXPECT_TRUE(wait_until([&] { return connector_runs(); }, kRecovery));
    // And the connector goes on.
    write("later", 100);
    EXPECT_TRUE(wait_until([&] { return published_all(); }, kRecovery));
    EXPECT_EQ(relay_metric("cqrs_cdc_healed_events"), 100)
        << "these, and none of those before or behind";
    expect_topics_whole();
    EXPECT_TRUE(system_.caught_up(kRecovery));
    system_.expect_proven();
  }
};

TEST_F(CdcSlot, ALostSlotIsRefusedAndWhatItWouldHaveBroughtComesFromTheRecord) {
  ASSERT_NO_FATAL_FAILURE(work_until_connect_is_killed());
  drop_slot();
  write("lost", 100);
  EXPECT_TRUE(wait_until([&] { return relay("/readyz").status == 503; }, kRecovery));
  EXPECT_FALSE(published_all()) << "who brought these events?";
  expect_made_anew_and_filled();
}

// The server gives up what it keeps for a slot once that grows beyond max_slot_wal_keep_size.
TEST_F(CdcSlot, ASlotThatFellTooFarBehindIsMadeAnewAndTheGapFilled) {
  ASSERT_NO_FATAL_FAILURE(work_until_connect_is_killed());
  write("lost", 100);
  {
    const KeptJournal little("1MB");
    EXPECT_TRUE(wait_until([&] { return little.outgrown_by(slot_name()); }, kRecovery));
  }
  EXPECT_FALSE(slot()->look()->usable);
  EXPECT_FALSE(published_all()) << "who brought these events?";
  expect_made_anew_and_filled();
}

TEST_F(CdcSlot, ASlotMadeAnewBehindTheConnectorsBackIsFoundOutAndTheGapFilled) {
  ASSERT_NO_FATAL_FAILURE(work_until_connect_is_killed());
  drop_slot();
  write("lost", 100);
  ASSERT_TRUE(slot()->make().ok());
  EXPECT_FALSE(published_all()) << "who brought these events?";
  run_parts({"start", "connect"});
  EXPECT_TRUE(wait_until([&] { return published_all(); }, kRecovery)) << relay("/readyz").body;
  EXPECT_TRUE(wait_until([&] { return relay_metric("cqrs_cdc_healed_events") >= 100; }));
  write("later", 100);
  EXPECT_TRUE(wait_until([&] { return published_all(); }, kRecovery));
  EXPECT_TRUE(system_.caught_up(kRecovery));
  system_.expect_proven();
}

}  // namespace
}  // namespace cqrs::e2e
