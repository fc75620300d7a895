// Requests and responses as messages of the hop. Texts are moved, never copied.
#pragma once

#include "services/api/exchange.pb.h"
#include "services/chassis/http.h"

#include <cstddef>

namespace cqrs::rpc {

namespace api = cqrs::internal::v1;

// Fills all of `call` but id and deadline; what it held before is gone, its memory is used again.
void encode_request(http::Request&& request, api::Call& call);
// Without `received`, which is the receiver's own clock.
[[nodiscard]] http::Request decode_request(api::Call& call);

void encode_response(std::uint64_t id, http::Response&& response, api::Answer& answer);
[[nodiscard]] http::Response decode_response(api::Answer& answer);

// Close to the number of bytes on the wire, and cheaper to know.
[[nodiscard]] std::size_t rough_size(const http::Request& request);
[[nodiscard]] std::size_t rough_size(const http::Response& response);

}  // namespace cqrs::rpc
