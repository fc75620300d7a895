#include "services/command/answers.h"

#include "core/base/json.h"

namespace cqrs {
namespace {

void append_accepted(JsonObject& object, const Accepted& accepted) {
  object.id("id", accepted.stream.id).number("version", accepted.version);
  object.number("position", accepted.position);
}

}  // namespace

http::Response answer_of(const Outcome& outcome, bool with_if_match) {
  if (!outcome) {
    const Error& error = outcome.error();
    const bool precondition = with_if_match && error.code == ErrorCode::kVersionConflict &&
                              error.field == "expected_version";
    return http::problem(error, precondition ? 412 : 0);
  }
  http::Response response;
  response.status = outcome->created ? 201 : 200;
  JsonObject body(response.body);
  append_accepted(body, *outcome);
  body.close();
  response.headers.emplace_back("ETag", "\"" + std::to_string(outcome->version) + "\"");
  response.headers.emplace_back("CQRS-Position", std::to_string(outcome->position));
  if (outcome->created) {
    std::string location = "/v1/" + std::string(kind_name(outcome->stream.kind)) + "s/";
    append_uuid(location, outcome->stream.id);
    response.headers.emplace_back("Location", std::move(location));
  }
  if (outcome->replayed) response.headers.emplace_back("Idempotent-Replayed", "true");
  return response;
}

void SingleReply::deliver(std::size_t /*index*/, Outcome&& outcome) {
  responder_(answer_of(outcome, with_if_match_));
}

BatchReply::BatchReply(http::Responder responder, std::size_t lines)
    : responder_(std::move(responder)), lines_(lines), missing_(lines) {}

void BatchReply::deliver(std::size_t index, Outcome&& outcome) {
  if (!outcome) {
    refuse(index, outcome.error(), http::http_status(outcome.error().code));
    return;
  }
  std::string line;
  JsonObject object(line);
  object.number("status", outcome->created ? 201 : 200);
  append_accepted(object, *outcome);
  if (outcome->replayed) object.boolean("replayed", true);
  object.close();
  set(index, std::move(line));
}

void BatchReply::refuse(std::size_t index, const Error& error, int status) {
  std::string line;
  JsonObject object(line);
  object.number("status", status);
  object.name("error");
  JsonObject detail(line);
  detail.text("code", code_name(error.code)).text("message", error.message);
  if (!error.field.empty()) detail.text("field", error.field);
  detail.close();
  object.close();
  set(index, std::move(line));
}

void BatchReply::set(std::size_t index, std::string line) {
  {
    const std::lock_guard lock(mutex_);
    lines_[index] = std::move(line);
    if (--missing_ > 0) return;
  }
  http::Response response;
  response.content_type = "application/x-ndjson";
  for (const auto& text : lines_) {
    response.body += text;
    response.body += '\n';
  }
  responder_(std::move(response));
}

}  // namespace cqrs
