// The profile of a foreign system: how its requests look, what its answers mean and where fields
// stand in them. Read strictly from one JSON file (docs/formats/target.md). Knows no socket.
#pragma once

#include "core/workload/operation.h"

#include "cli/load/pipeline_client.h"
#include "cli/target/field.h"

#include <array>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace cqrs::target {

struct Request {
  std::string method;
  Template path;
  std::optional<Template> body;
  std::vector<int> expect;  // statuses that mean: done
};

struct ListRequest {
  Request first;                      // {{limit}}, {{offset}}, {{page}} from 1
  std::optional<Template> next_path;  // of later pages, with {{cursor}}; else the first again
  std::string items;                  // pointer to the array
  std::string id;                     // pointers inside one element
  std::string version;                // empty: not told
  std::string next;                   // pointer to the cursor of the next page
  std::uint64_t limit = 100;
};

// Finds an entity by what was sent, when it is not known whether it was made.
struct FindRequest {
  Request request;
  std::string id;  // pointer in the answer
};

struct Entity {
  bool mapped = false;
  std::optional<Template> client_id;  // chosen here; else by the server, at id_at of the answer
  std::string id_at;
  std::optional<std::string> version_at;   // in answers to commands
  std::optional<std::string> position_at;  // in answers to commands
  std::optional<std::string> read_version_at;
  std::vector<Field> fields;
  std::optional<ListRequest> list;
  std::optional<FindRequest> find;
};

struct Login {
  Request request;
  std::string token;  // pointer
  std::string header;
  Template value;  // {{token}}
};

struct CaughtUp {
  enum class How : std::uint8_t { kSettle, kRequest, kSentinel };
  How how = How::kSettle;
  Request request;
  std::string at;                       // pointer
  std::string equals;                   // JSON text; empty: at_least is compared
  std::string at_least;                 // pointer to the number that `at` must have reached
  std::chrono::milliseconds settle{0};  // kSettle: waited; else: more, after it says so
};

// An extra condition on answers whose status says done.
struct Success {
  std::string at;
  std::string equals;  // JSON text; empty: nothing may be there
};

struct Commands {
  std::vector<std::string> kill;   // programs with their arguments; empty: not told
  std::vector<std::string> start;  // returns when the start is under way
};

struct Target {
  std::string path;  // of the file
  std::string name;
  std::string base_url;
  load::Endpoint endpoint;
  std::string prefix;  // of every path
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<std::string> secrets;  // never printed
  std::size_t connections = 4;
  std::size_t depth = 1;
  std::chrono::milliseconds timeout{10'000};
  std::optional<Login> login;
  std::string idempotency_header;       // empty: none
  std::optional<Template> idempotency;  // its value
  bool retries_are_safe = false;
  bool exclusive = false;  // nobody else writes: what is not ours in a list is a phantom
  std::vector<int> absent{404};
  std::optional<Success> success;
  std::array<Entity, kAllKinds.size()> entities;
  std::array<std::optional<Request>, kOperations> operations;
  CaughtUp caught_up;
  Commands commands;

  [[nodiscard]] const Entity& entity(Kind kind) const { return entities[kind_index(kind)]; }
  [[nodiscard]] const Request* request(Operation operation) const {
    const auto& found = operations[operation_index(operation)];
    return found ? &*found : nullptr;
  }
  // Error: invalid, naming what the profile lacks and where to put it.
  [[nodiscard]] Result<const Request*> require(Operation operation) const;
  // `text` with every secret replaced by ***.
  [[nodiscard]] std::string masked(std::string text) const;
};

// Errors: not_found (no such file), invalid (names the field, what is wrong and what to write).
[[nodiscard]] Result<Target> read_target(const std::string& path);
// Error: forbidden, when the target is not on this machine and that is not allowed.
[[nodiscard]] Status check_remote(const Target& target, bool allow_remote);
// Whether --target means a profile and not an address.
[[nodiscard]] bool is_target_file(std::string_view text);

}  // namespace cqrs::target
