#include "services/chassis/rpc_codec.h"

#include <utility>

namespace cqrs::rpc {
namespace {

constexpr std::size_t kFraming = 64;  // tags, lengths, numbers
constexpr std::string_view kJson = "application/json";

api::Method method_to_wire(http::Method method) {
  switch (method) {
    case http::Method::kGet:
      return api::METHOD_GET;
    case http::Method::kHead:
      return api::METHOD_HEAD;
    case http::Method::kPost:
      return api::METHOD_POST;
    case http::Method::kPut:
      return api::METHOD_PUT;
    case http::Method::kPatch:
      return api::METHOD_PATCH;
    case http::Method::kDelete:
      return api::METHOD_DELETE;
    case http::Method::kOptions:
      return api::METHOD_OPTIONS;
    case http::Method::kOther:
      break;
  }
  return api::METHOD_OTHER;
}

http::Method method_from_wire(api::Method method) {
  switch (method) {
    case api::METHOD_GET:
      return http::Method::kGet;
    case api::METHOD_HEAD:
      return http::Method::kHead;
    case api::METHOD_POST:
      return http::Method::kPost;
    case api::METHOD_PUT:
      return http::Method::kPut;
    case api::METHOD_PATCH:
      return http::Method::kPatch;
    case api::METHOD_DELETE:
      return http::Method::kDelete;
    case api::METHOD_OPTIONS:
      return http::Method::kOptions;
    default:
      return http::Method::kOther;
  }
}

}  // namespace

// Empty texts are left out: a field that is set costs an allocation even when it is empty.
void encode_request(http::Request&& request, api::Call& call) {
  call.Clear();
  call.set_method(method_to_wire(request.method));
  call.set_path(std::move(request.path));
  if (!request.query.empty()) call.set_query(std::move(request.query));
  if (!request.body.empty()) call.set_body(std::move(request.body));
  if (!request.content_type.empty()) call.set_content_type(std::move(request.content_type));
  if (!request.idempotency_key.empty()) {
    call.set_idempotency_key(std::move(request.idempotency_key));
  }
  if (!request.if_match.empty()) call.set_if_match(std::move(request.if_match));
  if (!request.if_none_match.empty()) call.set_if_none_match(std::move(request.if_none_match));
  if (!request.traceparent.empty()) call.set_traceparent(std::move(request.traceparent));
  if (!request.request_id.empty()) call.set_request_id(std::move(request.request_id));
  call.set_from_loopback(request.from_loopback);
}

http::Request decode_request(api::Call& call) {
  http::Request request;
  request.method = method_from_wire(call.method());
  request.path = std::move(*call.mutable_path());
  if (!call.query().empty()) request.query = std::move(*call.mutable_query());
  if (!call.body().empty()) request.body = std::move(*call.mutable_body());
  if (!call.content_type().empty()) request.content_type = std::move(*call.mutable_content_type());
  if (!call.idempotency_key().empty()) {
    request.idempotency_key = std::move(*call.mutable_idempotency_key());
  }
  if (!call.if_match().empty()) request.if_match = std::move(*call.mutable_if_match());
  if (!call.if_none_match().empty()) {
    request.if_none_match = std::move(*call.mutable_if_none_match());
  }
  if (!call.traceparent().empty()) request.traceparent = std::move(*call.mutable_traceparent());
  if (!call.request_id().empty()) request.request_id = std::move(*call.mutable_request_id());
  request.from_loopback = call.from_loopback();
  return request;
}

void encode_response(std::uint64_t id, http::Response&& response, api::Answer& answer) {
  answer.set_id(id);
  answer.set_status(static_cast<std::uint32_t>(response.status));
  if (response.content_type != kJson) answer.set_content_type(std::move(response.content_type));
  if (!response.body.empty()) answer.set_body(std::move(response.body));
  for (auto& [name, value] : response.headers) {
    api::Header& header = *answer.add_headers();
    header.set_name(std::move(name));
    header.set_value(std::move(value));
  }
}

http::Response decode_response(api::Answer& answer) {
  http::Response response;
  response.status = static_cast<int>(answer.status());
  if (answer.has_content_type()) response.content_type = std::move(*answer.mutable_content_type());
  if (!answer.body().empty()) response.body = std::move(*answer.mutable_body());
  response.headers.reserve(static_cast<std::size_t>(answer.headers_size()));
  for (api::Header& header : *answer.mutable_headers()) {
    response.headers.emplace_back(std::move(*header.mutable_name()),
                                  std::move(*header.mutable_value()));
  }
  return response;
}

std::size_t rough_size(const http::Request& request) {
  return kFraming + request.path.size() + request.query.size() + request.body.size() +
         request.content_type.size() + request.idempotency_key.size() + request.if_match.size() +
         request.if_none_match.size() + request.traceparent.size() + request.request_id.size();
}

std::size_t rough_size(const http::Response& response) {
  std::size_t size = kFraming + response.body.size() + response.content_type.size();
  for (const auto& [name, value] : response.headers) size += name.size() + value.size() + 8;
  return size;
}

}  // namespace cqrs::rpc
