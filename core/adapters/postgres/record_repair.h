// The PostgreSQL implementation of RecordRepair.
#pragma once

#include "core/adapters/postgres/stores.h"
#include "core/verify/record_repair.h"

namespace cqrs::postgres {

// Carries out `work` in one transaction under the order lock, so that no command commits meanwhile;
// without an error also makes the indexes of the events unique again where damage had replaced them
// and no copy is left. Errors: those of `work`; unavailable (nothing was changed), in_doubt (the
// connection broke while it was committed: carry the same out again), not_found (no schema),
// corrupt.
[[nodiscard]] Status repair_record(const Options& options, const RecordWork& work);

}  // namespace cqrs::postgres
