// Our own API, /v1, as a load speaks it.
#pragma once

#include "cli/load/dialect.h"

namespace cqrs::load {

// `values` must outlive it.
[[nodiscard]] std::unique_ptr<Dialect> make_own_dialect(const Endpoint& endpoint,
                                                        const OpValues& values,
                                                        const TlsOptions& tls);

}  // namespace cqrs::load
