// The SQLite implementation of RecordRepair. Only for a file that the caller owns (see
// DataDirLock).
#pragma once

#include "core/verify/record_repair.h"

#include <string>

namespace cqrs::sqlite {

// Carries out `work` in one transaction; without an error also makes the indexes unique again where
// damage had replaced them and no copy is left. Errors: those of `work`, unavailable, corrupt.
[[nodiscard]] Status repair_record(const std::string& path, const RecordWork& work);

}  // namespace cqrs::sqlite
