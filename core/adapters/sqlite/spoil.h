// Spoils SQLite files on purpose, for the injections of verify and the tests of repair.
#pragma once

#include "core/verify/spoiler.h"

#include <memory>
#include <string>

namespace cqrs::sqlite {

// A consistent copy of a database that others may be writing to. Error: unavailable.
[[nodiscard]] Status copy_database(const std::string& from, const std::string& to);

// Nobody else may have the files open.
[[nodiscard]] Result<std::unique_ptr<Spoiler>> open_spoiler(const std::string& write_db,
                                                            const std::string& read_db);

}  // namespace cqrs::sqlite
