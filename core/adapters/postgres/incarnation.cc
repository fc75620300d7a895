#include "core/adapters/postgres/incarnation.h"

#include "core/adapters/postgres/rows.h"
#include "core/base/crypto.h"

namespace cqrs::postgres {

Result<Uuid> incarnation_of(pqxx::nontransaction& session) {
  // The name of the current log file begins with the timeline that is written. A standby writes
  // none; its control file tells.
  const auto rows = session.exec(
      "SELECT m.id, s.system_identifier, 'events'::regclass::oid, "
      "CASE WHEN pg_is_in_recovery() "
      "THEN upper(lpad(to_hex((SELECT timeline_id FROM pg_control_checkpoint())), 8, '0')) "
      "ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8) END "
      "FROM meta AS m, pg_control_system() AS s");
  if (rows.empty()) {
    return make_error(ErrorCode::kCorrupt, "the table meta is empty: this record has no identity");
  }
  std::string identity;
  for (int column = 0; column < 4; ++column) {
    identity += text(rows[0], column);
    identity += '|';
  }
  const Sha256 hash = sha256(identity);
  return *uuid_from_bytes(bytes_of(hash).substr(0, 16));
}

}  // namespace cqrs::postgres
