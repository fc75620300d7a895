// The unique indexes of the events table, which a damaged table lacks. Internal to this adapter.
#pragma once

#include <pqxx/nontransaction>

namespace cqrs::postgres {

// Replaces those that are not unique by unique ones, unless copies are in the way.
void make_event_indexes_unique(pqxx::nontransaction& session);
// Replaces them by plain ones, so that copies fit in: for injections.
void make_event_indexes_plain(pqxx::nontransaction& session);

}  // namespace cqrs::postgres
