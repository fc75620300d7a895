#include "core/adapters/redis/cache.h"

#include "core/adapters/redis/cache_codec.h"
#include "core/adapters/redis/connection.h"
#include "core/adapters/redis/keys.h"

#include <algorithm>
#include <random>

namespace cqrs::redis {
namespace {

using Steady = std::chrono::steady_clock;

// Keys: guard. Arguments: incarnation, run, deadline in ms, then fields and floors. A word that
// comes late must not give a guard more time than its writer counts with.
const Script kBegin{R"lua(
local time = redis.call('TIME')
if tonumber(ARGV[3]) <= time[1] * 1000 + math.floor(time[2] / 1000) then return {0, time[1], time[2]} end
redis.call('UNLINK', KEYS[1])
redis.call('HSET', KEYS[1], 'incarnation', ARGV[1], 'run', ARGV[2])
for i = 4, #ARGV, 2 do
  local known = redis.call('HGET', KEYS[1], ARGV[i])
  if not known or tonumber(known) < tonumber(ARGV[i + 1]) then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
  end
end
redis.call('PEXPIREAT', KEYS[1], ARGV[3])
return {1, time[1], time[2]}
)lua"};

const Script kAnnounce{R"lua(
local time = redis.call('TIME')
local known = redis.call('HMGET', KEYS[1], 'incarnation', 'run')
if known[1] ~= ARGV[1] or known[2] ~= ARGV[2] then return {0, time[1], time[2]} end
for i = 4, #ARGV, 2 do
  local floor = redis.call('HGET', KEYS[1], ARGV[i])
  if not floor or tonumber(floor) < tonumber(ARGV[i + 1]) then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
  end
end
redis.call('PEXPIREAT', KEYS[1], ARGV[3])
return {1, time[1], time[2]}
)lua"};

// Keys: guard, entries. Arguments: incarnation, run, position, then for each entry: field, time to
// live in ms, value. Gives how many were kept. The version stands behind the stamp, see
// cache_codec.h and row_codec.h.
const Script kFill{R"lua(
local known = redis.call('HMGET', KEYS[1], 'incarnation', 'run')
if known[1] ~= ARGV[1] or known[2] ~= ARGV[2] then return 0 end
local kept = 0
for i = 2, #KEYS do
  local at = 4 + (i - 2) * 3
  local floor = redis.call('HGET', KEYS[1], ARGV[at])
  if not floor or tonumber(floor) <= tonumber(ARGV[3]) then
    local old = redis.call('GETRANGE', KEYS[i], 0, 32)
    local newer = #old == 33 and string.sub(old, 1, 16) == ARGV[1]
      and struct.unpack('>I8', old, 26) > struct.unpack('>I8', ARGV[at + 2], 26)
    if not newer then
      redis.call('SET', KEYS[i], ARGV[at + 2], 'PX', ARGV[at + 1])
      kept = kept + 1
    end
  end
end
return kept
)lua"};

// A connection that knows which run of the server it belongs to: one that was started anew may have
// got old keys back from its disk, and has another name then.
class CacheConnection {
 public:
  CacheConnection(std::unique_ptr<Connection> connection, CacheKeys keys)
      : connection_(std::move(connection)), keys_(std::move(keys)) {}

  [[nodiscard]] static Result<CacheConnection> open(const CacheOptions& options, int generation) {
    auto connection = Connection::open(options.url, options.patience);
    if (!connection) return connection.error();
    CacheConnection opened(std::move(*connection), CacheKeys(options.prefix, generation));
    CQRS_TRY(opened.meet());
    return opened;
  }

  Connection& get() { return *connection_; }
  [[nodiscard]] const CacheKeys& keys() const { return keys_; }
  [[nodiscard]] const std::string& run() const { return run_; }

  // To be called before every request, none of which may be sent again on another connection.
  Status ready() {
    if (connection_->is_open() && !run_.empty()) return {};
    return meet();
  }

  // The server's clock at `time`, at the most.
  [[nodiscard]] std::int64_t server_ms(Steady::time_point time) const {
    using Ms = std::chrono::milliseconds;
    return server_ms_ + std::chrono::floor<Ms>(time - looked_at_).count();
  }
  void note_time(Reply seconds, Reply micros) {
    looked_at_ = Steady::now();
    server_ms_ = seconds.integer() * 1'000 + micros.integer() / 1'000;
  }

 private:
  Status meet() {
    run_.clear();
    auto replies = connection_->write(Request().command("INFO", "server").command("TIME"));
    if (!replies) return replies.error();
    note_time((*replies)[1][0], (*replies)[1][1]);
    constexpr std::string_view kRun = "run_id:";
    const std::string_view info = (*replies)[0].text();
    const auto at = info.find(kRun);
    if (at == std::string_view::npos) {
      return make_error(ErrorCode::kUnavailable,
                        connection_->name() + ": it does not tell its run_id");
    }
    const auto rest = info.substr(at + kRun.size());
    run_ = rest.substr(0, rest.find_first_of("\r\n"));
    return {};
  }

  std::unique_ptr<Connection> connection_;
  CacheKeys keys_;
  std::string run_;
  Steady::time_point looked_at_{};
  std::int64_t server_ms_ = 0;
};

struct Found {
  Uuid incarnation;  // nil: nothing is trusted
  std::vector<std::optional<CacheEntry>> entries;
  std::vector<bool> trusted;
};

// The guard first: what is announced after it has been read concerns later reads.
Result<Found> fetch(CacheConnection& connection, std::span<const StreamKey> keys) {
  Found found;
  found.entries.resize(keys.size());
  found.trusted.resize(keys.size());
  if (keys.empty()) return found;
  CQRS_TRY(connection.ready());
  Arguments fields;
  Arguments names;
  for (const auto& key : keys) {
    fields.add(slot_field(key));
    names.add(connection.keys().entry(key));
  }
  Request request;
  request.command_with(fields, "HMGET", connection.keys().guard(), "incarnation", "run");
  request.command_with(names, "MGET");
  auto replies = connection.get().write(request);
  if (!replies) return replies.error();
  const Reply guard = (*replies)[0];
  const Reply values = (*replies)[1];
  const auto incarnation = uuid_from_bytes(guard[0].text());
  if (incarnation && guard[1].text() == connection.run()) found.incarnation = *incarnation;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (values[i].is_nil()) continue;
    auto& entry = found.entries[i] = unpack_entry(keys[i], values[i].text());
    found.trusted[i] = entry && !found.incarnation.is_nil() &&
                       entry->incarnation == found.incarnation &&
                       entry->read_at >= guard[i + 2].integer();
  }
  return found;
}

class Reader final : public RowCache {
 public:
  Reader(CacheConnection connection, std::chrono::milliseconds keep)
      : connection_(std::move(connection)), keep_(keep), random_(std::random_device()()) {}

  Result<CacheLook> get(std::span<const StreamKey> keys) override {
    auto found = fetch(connection_, keys);
    if (!found) return found.error();
    CacheLook look{found->incarnation, std::vector<std::optional<ViewRow>>(keys.size())};
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (found->trusted[i]) look.rows[i] = std::move(found->entries[i]->row);
    }
    return look;
  }

  Result<std::size_t> put(const Uuid& incarnation, Position read_at,
                          std::span<const ViewRow> rows) override {
    if (rows.empty()) return std::size_t{0};
    CQRS_TRY(connection_.ready());
    Arguments arguments;
    arguments.add(static_cast<std::int64_t>(rows.size() + 1)).add(connection_.keys().guard());
    for (const auto& row : rows) arguments.add(connection_.keys().entry(row.key));
    arguments.add(incarnation.view()).add(connection_.run()).add(std::int64_t{read_at});
    std::uniform_int_distribution<std::int64_t> time(keep_.count() * 4 / 5, keep_.count());
    for (const auto& row : rows) {
      arguments.add(slot_field(row.key)).add(time(random_));
      arguments.add(pack_entry(incarnation, read_at, row));
    }
    auto replies = connection_.get().run_script(kFill, arguments, Again::kNo);
    if (!replies) return replies.error();
    return static_cast<std::size_t>((*replies)[0].integer());
  }

 private:
  CacheConnection connection_;
  std::chrono::milliseconds keep_;
  std::minstd_rand random_;  // of the times to live only
};

class Guard final : public CacheGuard {
 public:
  explicit Guard(CacheConnection connection) : connection_(std::move(connection)) {}

  Status begin(const Uuid& incarnation, std::span<const CacheFloor> floors,
               Steady::time_point until) override {
    auto done = say(kBegin, incarnation, floors, until);
    if (!done) return done.error();
    if (*done) return {};
    return make_error(ErrorCode::kTimeout, connection_.get().name() + ": answered too late");
  }

  Result<bool> announce(const Uuid& incarnation, std::span<const CacheFloor> floors,
                        Steady::time_point until) override {
    return say(kAnnounce, incarnation, floors, until);
  }

 private:
  Result<bool> say(const Script& script, const Uuid& incarnation,
                   std::span<const CacheFloor> floors, Steady::time_point until) {
    CQRS_TRY(connection_.ready());
    Arguments arguments;
    arguments.add(std::int64_t{1}).add(connection_.keys().guard());
    arguments.add(incarnation.view()).add(connection_.run()).add(connection_.server_ms(until));
    for (const auto& floor : floors) {
      arguments.add(slot_field(floor.key)).add(std::int64_t{floor.position});
    }
    auto replies = connection_.get().run_script(script, arguments, Again::kNo);
    if (!replies) return replies.error();
    const Reply said = (*replies)[0];
    connection_.note_time(said[1], said[2]);
    return said[0].integer() == 1;
  }

  CacheConnection connection_;
};

class Audit final : public CacheAudit {
 public:
  explicit Audit(CacheConnection connection) : connection_(std::move(connection)) {}

  Result<Page> page(const std::string& from, std::size_t about) override {
    CQRS_TRY(connection_.ready());
    const std::string pattern = glob_prefix(connection_.keys().entries());
    auto replies = connection_.get().write(
        Request().command("SCAN", from.empty() ? std::string("0") : from, "MATCH", pattern, "COUNT",
                          static_cast<std::int64_t>(about)));
    if (!replies) return replies.error();
    std::vector<StreamKey> keys;
    const Reply names = (*replies)[0][1];
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (const auto key = connection_.keys().parse(names[i].text())) keys.push_back(*key);
    }
    Page page;
    page.next = (*replies)[0][0].text();
    if (page.next == "0") page.next.clear();
    auto found = fetch(connection_, keys);
    if (!found) return found.error();
    for (std::size_t i = 0; i < keys.size(); ++i) {
      auto& entry = found->entries[i];
      if (entry) page.entries.push_back({std::move(entry->row), found->trusted[i]});
    }
    return page;
  }

  Result<std::optional<ViewRow>> trusted(const StreamKey& key) override {
    auto found = fetch(connection_, std::span(&key, 1));
    if (!found) return found.error();
    if (!found->trusted[0]) return std::optional<ViewRow>();
    return std::optional<ViewRow>(std::move(found->entries[0]->row));
  }

 private:
  CacheConnection connection_;
};

}  // namespace

Result<std::unique_ptr<RowCache>> open_cache(const CacheOptions& options, int generation) {
  auto connection = CacheConnection::open(options, generation);
  if (!connection) return connection.error();
  return std::unique_ptr<RowCache>(std::make_unique<Reader>(std::move(*connection), options.keep));
}

Result<std::unique_ptr<CacheGuard>> open_cache_guard(const CacheOptions& options, int generation) {
  auto connection = CacheConnection::open(options, generation);
  if (!connection) return connection.error();
  return std::unique_ptr<CacheGuard>(std::make_unique<Guard>(std::move(*connection)));
}

Result<std::unique_ptr<CacheAudit>> open_cache_audit(const CacheOptions& options, int generation) {
  auto connection = CacheConnection::open(options, generation);
  if (!connection) return connection.error();
  return std::unique_ptr<CacheAudit>(std::make_unique<Audit>(std::move(*connection)));
}

}  // namespace cqrs::redis
