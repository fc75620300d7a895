// Small experiments on a live foreign system, each made to show one flaw that comparing what is
// there cannot: updates that come too early or behind a cache, a status that does not know what is
// still under way, errors that are answered as successes, a crash.
#pragma once

#include "cli/target/lab.h"

namespace cqrs::target {

// All of them, one after the other; what the profile does not map is a note among the checks. They
// write: users, products and orders of their own, a few dozen. Errors: those of the lab.
[[nodiscard]] Status run_probes(Lab& lab);

// The parts of it.
[[nodiscard]] Status probe_updates(Lab& lab);  // cache, order between and within event types
[[nodiscard]] Status probe_status(Lab& lab);   // whether "caught up" means it
[[nodiscard]] Status probe_errors(Lab& lab);   // whether errors are answered as errors
[[nodiscard]] Status probe_repeats(Lab& lab);  // whether the same key twice does one thing
[[nodiscard]] Status probe_prices(Lab& lab);   // whether amounts stay what they are
[[nodiscard]] Status probe_crash(Lab& lab);    // whether a crash loses what was acknowledged

}  // namespace cqrs::target
