#include "services/chassis/http.h"

#include "core/base/json.h"
#include "core/base/json_tree.h"

#include "services/chassis/percent.h"
#include "services/chassis/response_writer.h"

#include <algorithm>

namespace cqrs::http {
namespace {

// A detail may quote what a client sent, which need not be UTF-8; the answer must be.
void append_detail(std::string& out, std::string_view text) {
  const bool ascii = std::all_of(text.begin(), text.end(),
                                 [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  if (ascii) {
    append_json_string(out, text);
  } else {
    out += Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
  }
}

}  // namespace

std::optional<std::string> query_value(const Request& request, std::string_view name) {
  std::string_view rest = request.query;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    std::string key;
    if (!percent_decode(pair.substr(0, equals), true, key) || key != name) continue;
    const std::string_view raw = pair.substr(std::min(equals + 1, pair.size()));
    std::string value;
    // A malformed escape is handed over as sent: the handler's own check names the parameter.
    if (!percent_decode(raw, true, value)) return std::string(raw);
    return value;
  }
  return std::nullopt;
}

int http_status(ErrorCode code) {
  switch (code) {
    case ErrorCode::kNotFound:
      return 404;
    case ErrorCode::kAlreadyExists:
    case ErrorCode::kVersionConflict:
      return 409;
    case ErrorCode::kInvalid:
      return 422;
    case ErrorCode::kUnauthenticated:
      return 401;
    case ErrorCode::kForbidden:
      return 403;
    case ErrorCode::kUnavailable:
    case ErrorCode::kInDoubt:
    case ErrorCode::kOverloaded:
      return 503;
    case ErrorCode::kTimeout:
      return 504;
    case ErrorCode::kCorrupt:
    case ErrorCode::kInternal:
      return 500;
  }
  return 500;
}

Response problem(const Error& error, int status) {
  Response response;
  response.status = status != 0 ? status : http_status(error.code);
  response.content_type = "application/problem+json";
  JsonObject object(response.body);
  object.raw("type", "\"about:blank\"")
      .text("title", reason_phrase(response.status))
      .number("status", response.status)
      .text("code", code_name(error.code));
  object.name("detail");
  append_detail(response.body, error.message);
  if (!error.field.empty()) {
    object.name("field");
    append_detail(response.body, error.field);
  }
  object.close();
  if (response.status == 503) response.headers.emplace_back("Retry-After", "1");
  return response;
}

Responder::~Responder() {
  if (!sink_) return;
  sink_->answer(slot_, problem(make_error(ErrorCode::kInternal,
                                          "the request was dropped without an answer: the outcome "
                                          "is not known, repeat it under the same key")));
}

void Responder::operator()(Response&& response) {
  CQRS_CHECK(sink_ != nullptr);  // answered twice, or never bound to a request
  const std::shared_ptr<Sink> sink = std::move(sink_);
  sink->answer(slot_, std::move(response));
}

}  // namespace cqrs::http
