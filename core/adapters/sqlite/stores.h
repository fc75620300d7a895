// Opens the SQLite implementations of the ports. All of them expect a data directory that one
// process owns for writing; readers may be in other processes.
#pragma once

#include "core/base/result.h"
#include "core/project/projection_store.h"
#include "core/read/read_store.h"
#include "core/verify/entity_source.h"
#include "core/write/credential_reader.h"
#include "core/write/history.h"
#include "core/write/write_store.h"

#include <memory>
#include <string>

namespace cqrs::sqlite {

// Creates the file when it is missing. Errors: unavailable (cannot open), corrupt (another format
// or a newer version).
[[nodiscard]] Result<std::unique_ptr<WriteStore>> open_write_store(const std::string& path);
[[nodiscard]] Result<std::unique_ptr<ProjectionStore>> open_projection_store(
    const std::string& path);

// Read-only; the file must exist.
[[nodiscard]] Result<std::unique_ptr<History>> open_history(const std::string& path);
[[nodiscard]] Result<std::unique_ptr<CredentialReader>> open_credentials(const std::string& path);
[[nodiscard]] Result<std::unique_ptr<ReadStore>> open_read_store(const std::string& path);
[[nodiscard]] Result<std::unique_ptr<EntitySource>> open_stream_source(const std::string& path);
[[nodiscard]] Result<std::unique_ptr<EntitySource>> open_view_source(const std::string& path,
                                                                     const std::string& name);
[[nodiscard]] Result<std::unique_ptr<EventAudit>> open_event_audit(const std::string& path);

}  // namespace cqrs::sqlite
