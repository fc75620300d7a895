// The sizes that both ends of the hop must agree on.
#pragma once

#include <cstddef>

namespace cqrs::rpc {

// A batch is closed when it has this much: larger ones would only delay those behind them.
inline constexpr std::size_t kBatchBytes = 1024 * 1024;
inline constexpr int kBatchCalls = 512;
// One call with all its texts. The largest body that HTTP takes is a batch of commands, 8 MiB.
inline constexpr std::size_t kCallBytesMax = 16 * 1024 * 1024;
// One answer. A larger one is answered 500 in its place, for it would break the stream of all.
inline constexpr std::size_t kAnswerBytesMax = 62 * 1024 * 1024;
// One message of gRPC: the largest call or answer behind an almost full batch.
inline constexpr int kMessageBytesMax = 64 * 1024 * 1024;
// How much the other side may send before it waits for us; bodies of usual size never wait.
inline constexpr int kWindowBytes = 1024 * 1024;

// How much is read from a socket at once. gRPC's own 8 KiB cut most batches in two.
inline constexpr int kReadBytes = 64 * 1024;

}  // namespace cqrs::rpc
