// Changes a database of a system behind the back of the programs.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <string>

namespace cqrs::e2e {

inline void change_database(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READWRITE, nullptr), SQLITE_OK);
  EXPECT_EQ(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(database);
  sqlite3_close(database);
}

}  // namespace cqrs::e2e
