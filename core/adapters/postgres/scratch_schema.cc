// Which scratch schemas there are and whose they are. A schema is one when its comment says so, and
// somebody's as long as a session holds the lock of its name: that outlives no process, on whatever
// machine it ran.
#include "core/adapters/postgres/rows.h"
#include "core/adapters/postgres/schema.h"
#include "core/adapters/postgres/spoil.h"

#include <optional>

namespace cqrs::postgres {
namespace {

constexpr const char* kMark = "cqrs: scratch copy of verify --inject, may be dropped";
constexpr std::size_t kLongest = 40;  // of a schema's name
constexpr int kMostNumbers = 99;

std::string prefix_of(const std::string& schema) {
  const std::string end = "_inject_";
  return schema.substr(0, kLongest - end.size() - 2) + end;
}

class OwnedSchema final : public ScratchSchema {
 public:
  OwnedSchema(std::unique_ptr<Connection> session, std::string name)
      : session_(std::move(session)), name_(std::move(name)) {}
  [[nodiscard]] const std::string& name() const override { return name_; }

 private:
  std::unique_ptr<Connection> session_;  // holds the lock
  std::string name_;
};

using Owned = std::unique_ptr<ScratchSchema>;

// The name for this process alone; nothing when another one has it.
Result<std::unique_ptr<Connection>> own(const Options& options, const std::string& name) {
  auto session = Connection::open(options, {"cqrs verify", "", {}});
  if (!session) return session;
  auto got = (*session)->run([&](pqxx::nontransaction& work) -> Result<bool> {
    return boolean(work.exec("SELECT pg_try_advisory_lock(" + lock_key("scratch", name) + ")")[0],
                   0);
  });
  if (!got) return got.error();
  if (!*got) session->reset();
  return session;
}

// False: there is a schema of this name.
Result<bool> create(Connection& session, const std::string& name) {
  return session.run([&](pqxx::nontransaction& work) -> Result<bool> {
    Transaction transaction(work);
    if (!work.exec_params("SELECT 1 FROM pg_namespace WHERE nspname = $1", name).empty()) {
      return false;
    }
    work.exec("CREATE SCHEMA \"" + name + "\"");
    work.exec("COMMENT ON SCHEMA \"" + name + "\" IS '" + kMark + "'");
    CQRS_TRY(transaction.commit());
    return true;
  });
}

}  // namespace

Result<Owned> make_scratch_schema(const Options& options) {
  for (int number = 1; number <= kMostNumbers; ++number) {
    const std::string name = prefix_of(options.schema) + std::to_string(number);
    auto session = own(options, name);
    if (!session) return session.error();
    if (*session == nullptr) continue;
    auto made = create(**session, name);
    if (!made) return made.error();
    if (*made) return Owned(std::make_unique<OwnedSchema>(std::move(*session), name));
  }
  return make_error(ErrorCode::kUnavailable, "all " + std::to_string(kMostNumbers) +
                                                 " scratch schemas " + prefix_of(options.schema) +
                                                 "1 … are in use: wait until other injections "
                                                 "have ended");
}

Result<std::vector<Owned>> stray_scratch_schemas(const Options& options) {
  auto session = Connection::open(options, {"cqrs verify", "", {}});
  if (!session) return session.error();
  auto names = (*session)->run([&](pqxx::nontransaction& work) -> Result<std::vector<std::string>> {
    std::vector<std::string> found;
    for (const auto& row :
         work.exec_params("SELECT nspname FROM pg_namespace WHERE starts_with(nspname::text, $1) "
                          "AND obj_description(oid, 'pg_namespace') = $2",
                          prefix_of(options.schema), kMark)) {
      found.emplace_back(text(row, 0));
    }
    return found;
  });
  if (!names) return names.error();
  std::vector<Owned> strays;
  for (const auto& name : *names) {
    auto owner = own(options, name);
    if (!owner) return owner.error();
    if (*owner) strays.push_back(std::make_unique<OwnedSchema>(std::move(*owner), name));
  }
  return strays;
}

}  // namespace cqrs::postgres
