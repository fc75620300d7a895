// Rows by key, in as few questions as there are kinds. Internal to this adapter.
#pragma once

#include "core/adapters/postgres/view_columns.h"

#include <pqxx/nontransaction>

#include <optional>

namespace cqrs::postgres {

// One entry per key, in order.
[[nodiscard]] std::vector<std::optional<ViewRow>> find_rows(pqxx::nontransaction& session,
                                                            std::span<const StreamKey> keys);

// An array parameter as text, for statements that are not prepared.
[[nodiscard]] std::string id_list(std::span<const Uuid> ids);

}  // namespace cqrs::postgres
