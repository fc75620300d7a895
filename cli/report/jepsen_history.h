// What clients did and saw, as independent checkers read it: one line when an operation begins and
// one when it ends, in order of time, as Jepsen's histories are. docs/formats/history.md.
#pragma once

#include "core/base/result.h"

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace cqrs {

enum class HistoryOutcome : std::uint8_t {
  kOk,    // acknowledged, or read
  kFail,  // certainly not done
  kInfo,  // nobody knows
};

struct HistoryOperation {
  std::uint64_t number = 0;  // of the run; each once
  std::string operation;     // "create_order", as info_of() names it
  std::string key;           // "order/ID": what it was about; one entity each
  bool read = false;
  // Of a write: the version that was acknowledged, 0: not known. Of a read: the version seen,
  // 0: there was nothing.
  std::int64_t version = 0;
  std::int64_t min_version = 0;   // of a read: it asked for at least this; 0: for anything
  std::int64_t invoked_ns = 0;    // since any moment, the same for all
  std::int64_t completed_ns = 0;  // not before invoked_ns; negative: never
  HistoryOutcome outcome = HistoryOutcome::kInfo;
};

enum class HistoryFormat : std::uint8_t {
  kJson,  // a JSON object a line
  kEdn,   // an EDN map a line, what Elle and Knossos themselves read
};
// "json", "edn". Error invalid: names the choices.
[[nodiscard]] Result<HistoryFormat> parse_history_format(std::string_view text);

struct HistoryOptions {
  HistoryFormat format = HistoryFormat::kJson;
  bool reads = true;  // false: writes only
};

// Operations in any order. Each is given the lowest process that has nothing open, and a process
// whose operation ended as kInfo, or never, is not used again, as Jepsen wants it. Of what happens
// in the same nanosecond beginnings come first: no order is claimed that was not seen. Memory: 56
// bytes an operation beside the argument. What the stream refuses is the caller's to notice.
void write_history(const std::vector<HistoryOperation>& operations, const HistoryOptions& options,
                   std::ostream& out);

}  // namespace cqrs
