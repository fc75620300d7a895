// What is wrong with a link, as the proxy's control speaks of it.
#pragma once

#include "core/base/json_tree.h"

#include "cli/faults/fault_proxy.h"

namespace cqrs {

// {"requests_frozen":false,"answers_frozen":false,"refused":false,"delay_ms":0,"jitter_ms":0,
//  "bytes_per_second":0,"slice":0,"reset_after":0}
[[nodiscard]] Json json_of(const LinkFaults& faults);
// What is left away is not wrong. Error: invalid (a member that is not known or out of its range:
// named).
[[nodiscard]] Result<LinkFaults> link_faults_of(const Json& json);

}  // namespace cqrs
