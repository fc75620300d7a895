// The PostgreSQL implementations of the write side's ports, all in one schema of one database.
// Several processes may have them open at once; the order lock makes one of the write stores commit
// at a time.
#pragma once

#include "core/log/capture.h"
#include "core/log/lease.h"
#include "core/read/generation_catalog.h"
#include "core/verify/entity_source.h"
#include "core/write/credential_reader.h"
#include "core/write/head_watch.h"
#include "core/write/history.h"
#include "core/write/write_store.h"

#include <memory>
#include <string>

namespace cqrs::postgres {

struct Options {
  std::string url;              // postgresql://user:password@host:port/database, or key=value pairs
  std::string schema = "cqrs";  // letters, digits and _; one system per schema
  int partitions = 6;           // of each topic, fixed when the schema is made: see migrate()
};

// Brings the schema to `target` (negative: the newest), one transaction per step; a lock keeps two
// from doing so at once. Errors: unavailable, corrupt (a newer program's schema), invalid (no such
// version; or a step down would remove events, without `lose_data`).
struct Migration {
  int from = 0;
  int to = 0;
};
[[nodiscard]] Result<Migration> migrate(const Options& options, int target = -1,
                                        bool lose_data = false);

// `from`: the schema's version, 0 when there is none; `to`: the newest that this program knows.
// Error: unavailable.
[[nodiscard]] Result<Migration> schema_versions(const Options& options);

// How many partitions the schema was made with. Errors: unavailable, not_found (not migrated).
[[nodiscard]] Result<int> partitions(const Options& options);

// The schema must be there (migrate()). Errors of all: unavailable (cannot connect), not_found (no
// schema: cqrsctl migrate), corrupt (another version). The write store refuses (invalid, names the
// setting) a server whose fsync, full_page_writes or synchronous_commit is off.
[[nodiscard]] Result<std::unique_ptr<WriteStore>> open_write_store(const Options& options);
[[nodiscard]] Result<std::unique_ptr<History>> open_history(const Options& options);
[[nodiscard]] Result<std::unique_ptr<HeadWatch>> open_head_watch(const Options& options);
[[nodiscard]] Result<std::unique_ptr<CredentialReader>> open_credentials(const Options& options);
[[nodiscard]] Result<std::unique_ptr<LeaseStore>> open_leases(const Options& options);
// Creates generation 1 and points to it when there is none.
[[nodiscard]] Result<std::unique_ptr<GenerationCatalog>> open_catalog(const Options& options,
                                                                      Timestamp now);
[[nodiscard]] Result<std::unique_ptr<EntitySource>> open_stream_source(const Options& options);
[[nodiscard]] Result<std::unique_ptr<EventAudit>> open_event_audit(const Options& options);

// What slot and publication of a system are called.
[[nodiscard]] std::string capture_name(const std::string& schema);
// A logical replication slot of the plug-in pgoutput and a publication of the inserted events. The
// URL's user needs the right to replicate, and the server wal_level=logical.
[[nodiscard]] Result<std::unique_ptr<CaptureSlot>> open_capture_slot(const Options& options);

// Removes the schema and all that is in it: for tests. Error: unavailable.
[[nodiscard]] Status drop_schema(const Options& options);

}  // namespace cqrs::postgres
