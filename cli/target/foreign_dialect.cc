#include "cli/target/foreign_dialect.h"

#include <algorithm>

namespace cqrs::target {
namespace {

using load::Answer;
using load::LoadOp;
using load::OpAnswer;
using load::OpOutcome;

std::int64_t number_at(const JsonValue& root, const std::optional<std::string>& pointer) {
  const JsonValue* value = pointer ? find_pointer(root, *pointer) : nullptr;
  return value == nullptr ? 0 : whole_number(*value).value_or(0);
}

bool deletes(Operation operation) {
  return operation == Operation::kDeleteUser || operation == Operation::kDeleteProduct;
}

Operation read_of(Kind kind) {
  return kind == Kind::kUser      ? Operation::kGetUser
         : kind == Kind::kProduct ? Operation::kGetProduct
                                  : Operation::kGetOrder;
}

// Whatever has no value is asked for by a name that nothing has: the system then says itself that
// there is no such thing.
class SomeValues final : public Values {
 public:
  explicit SomeValues(const Values& values) : values_(values) {}
  [[nodiscard]] bool append(std::string& out, std::string_view name) const override {
    if (values_.append(out, name)) return true;
    out += name == "limit" ? "20" : name == "offset" ? "0" : name == "page" ? "1" : "";
    if (name != "cursor" && name != "limit" && name != "offset" && name != "page") out += "unknown";
    return true;
  }
  [[nodiscard]] std::size_t items() const override { return values_.items(); }
  [[nodiscard]] bool append_item(std::string& out, std::size_t item,
                                 std::string_view name) const override {
    if (!values_.append_item(out, item, name)) out += "unknown";
    return true;
  }

 private:
  const Values& values_;
};

class ForeignDialect final : public load::Dialect {
 public:
  ForeignDialect(std::shared_ptr<Session> session, const Generator& generator)
      : session_(std::move(session)), generator_(generator) {}

  void write(std::string& out, const LoadOp& op) override {
    const Request* request = session_->target().request(op.operation);
    // Whoever asks for what is not mapped was told by check_operations().
    CQRS_CHECK(request != nullptr);
    const ForeignValues values = values_of(op);
    if (!session_->write(out, *request, SomeValues(values))) out.clear();
    if (out.empty()) out = "GET / HTTP/1.1\r\nHost: unknown\r\n\r\n";
  }

  [[nodiscard]] OpAnswer read(const LoadOp& op, const Answer& answer) override {
    const ForeignValues values = values_of(op);
    Judgement judgement;
    return read_command(*session_, op.operation, values, answer, document_, judgement);
  }

  void write_probe(std::string& out, const LoadOp& op, const OpAnswer& /*acknowledged*/) override {
    LoadOp read = op;
    read.operation = read_of(info_of(op.operation).kind);
    write(out, read);
  }

  [[nodiscard]] bool visible(const LoadOp& op, const OpAnswer& acknowledged,
                             const Answer& answer) override {
    if (answer.transport != load::Transport::kAnswered) return false;
    if (deletes(op.operation)) return session_->absent(answer.status);
    if (answer.status != 200 || !document_.parse(answer.body)) return false;
    const Kind kind = info_of(op.operation).kind;
    const Entity& entity = session_->target().entity(kind);
    if (op.operation == creation_of(kind)) return true;
    const auto seen = number_at(document_.root(), entity.read_version_at);
    if (acknowledged.version > 0 && seen > 0) return seen >= acknowledged.version;
    return compare_fields(entity.fields, values_of(op), document_.root()).empty();
  }

  [[nodiscard]] Result<load::ViewLag> lag() override { return session_->lag(); }
  [[nodiscard]] bool may_repeat() const override { return session_->target().retries_are_safe; }

 private:
  [[nodiscard]] ForeignValues values_of(const LoadOp& op) const {
    const OperationInfo& info = info_of(op.operation);
    // A list's or search's number is any number; what it looks for is something that there is.
    const std::uint64_t count = std::max<std::uint64_t>(generator_.shape().count(info.kind), 1);
    const bool none = info.target == OperationTarget::kNone;
    ForeignValues values(generator_, session_->ids(), info.kind,
                         none ? op.index % count : op.index);
    if (info.command && op.operation != creation_of(info.kind)) {
      values.apply(op.operation, op.number);
    }
    return values;
  }

  std::shared_ptr<Session> session_;
  const Generator& generator_;
  JsonDocument document_;
};

// The id stands in the answer, or was chosen here.
Status keep_id(Session& session, const ForeignValues& values, const JsonValue& root) {
  const Entity& entity = session.target().entity(values.kind());
  std::string id;
  if (entity.client_id) {
    static_cast<void>(entity.client_id->fill(id, values));
  } else if (const JsonValue* value = find_pointer(root, entity.id_at);
             value != nullptr && (value->is(JsonType::kString) || value->is(JsonType::kInteger))) {
    id = text_of(*value);
  }
  if (id.empty()) return invalid("id", "an acknowledged create without an id at " + entity.id_at);
  return session.ids().set(values.kind(), values.index(), id);
}

}  // namespace

Result<std::shared_ptr<Session>> open_session(const OpenTarget& options) {
  auto target = read_target(options.profile);
  if (!target) return target.error();
  CQRS_TRY(check_remote(*target, options.allow_remote));
  auto ids = IdTable::open(options.ids, options.writable && !options.ids.empty());
  if (!ids) return ids.error();
  auto session = std::make_shared<Session>(std::move(*target), std::move(*ids));
  CQRS_TRY(session->login());
  return session;
}

std::string ids_path(const std::string& ledger_path) { return ledger_path + ".ids"; }

Status check_operations(const Target& target, const std::vector<Operation>& operations) {
  for (const Operation operation : operations) {
    if (auto request = target.require(operation); !request) return request.error();
  }
  return {};
}

OpAnswer read_command(Session& session, Operation operation, const ForeignValues& values,
                      const Answer& answer, JsonDocument& document, Judgement& judgement) {
  const OperationInfo& info = info_of(operation);
  const Request* request = session.target().request(operation);
  CQRS_CHECK(request != nullptr);
  judgement = session.judge(*request, answer.transport, answer.status, answer.body, document);
  OpAnswer out;
  out.outcome = judgement.outcome;
  out.failure = judgement.failure;
  out.replayed = answer.replayed;
  if (out.outcome != OpOutcome::kAcknowledged) return out;
  const Entity& entity = session.target().entity(info.kind);
  if (!info.command) {
    out.version = number_at(document.root(), entity.read_version_at);
    return out;
  }
  out.version = number_at(document.root(), entity.version_at);
  out.position = number_at(document.root(), entity.position_at);
  if (operation != creation_of(info.kind)) return out;
  if (auto kept = keep_id(session, values, document.root()); !kept) {
    judgement.error_in_success = true;
    out.outcome = OpOutcome::kRejected;
    out.failure = std::to_string(answer.status) + " with an error: " + kept.error().message;
  }
  return out;
}

std::unique_ptr<load::Dialect> make_dialect(std::shared_ptr<Session> session,
                                            const Generator& generator) {
  return std::make_unique<ForeignDialect>(std::move(session), generator);
}

}  // namespace cqrs::target
