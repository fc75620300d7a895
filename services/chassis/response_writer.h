// Writes responses as HTTP/1.1 bytes. Knows nothing of sockets or of the order of answers.
#pragma once

#include "services/chassis/http.h"

#include <ctime>
#include <string>
#include <string_view>

namespace cqrs::http {

// "Not Found" for 404; "Unknown" for a status outside the table.
[[nodiscard]] std::string_view reason_phrase(int status);

// The headers every response carries: Date (changes each second) and X-Content-Type-Options. Built
// once a second, not once a response.
[[nodiscard]] std::string fixed_headers(std::time_t now);

struct Framing {
  std::string_view request_id;
  bool head = false;        // the request was HEAD: headers as for GET, no body
  bool close = false;       // last response of the connection
  bool keep_alive = false;  // HTTP/1.0 clients must be told that the connection stays open
};

// Appends the whole response. A header with CR or LF in it is left out: splitting the response
// would be worse than missing a header.
void append_response(std::string& out, const Response& response, const Framing& framing,
                     std::string_view fixed);

}  // namespace cqrs::http
