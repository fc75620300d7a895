// TLS for the load clients: one context for a run, one stream for each of its connections. Shows no
// library.
#pragma once

#include "core/base/result.h"

#include "cli/load/endpoint.h"
#include "cli/load/stream.h"

#include <memory>

namespace cqrs::load {

// Used by one thread; must outlive its streams. TLS 1.2 or later, HTTP/1.1 by ALPN. The chain and
// the name of the other side's certificate are verified unless the options say otherwise; a later
// connection resumes the session of an earlier one.
class TlsContext {
 public:
  TlsContext() = default;
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
  virtual ~TlsContext() = default;

  // Takes a socket that is connected or about to be. Never null.
  [[nodiscard]] virtual std::unique_ptr<Stream> open(Descriptor socket) = 0;
};

// Error: invalid, naming the file that cannot be used and why.
[[nodiscard]] Result<std::unique_ptr<TlsContext>> make_tls(const Endpoint& endpoint,
                                                           const TlsOptions& options);

}  // namespace cqrs::load
