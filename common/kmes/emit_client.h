#pragma once

#include "common/base/fd.h"
#include "common/base/result.h"
#include "common/kmes/event_header.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace evd::kmes {

inline constexpr long kSyscallKmesEmit = 1090;
inline constexpr long kSyscallKmesAttach = 1091;
inline constexpr long kSyscallKmesEmitBatch = 1092;

struct BatchOutcome {
    size_t emitted = 0;                // entries from the front that are in a ring now
    std::optional<base::Error> error;  // why entry number `emitted` and what follows are not
};

// Emits events into KMES, whichever there is: the kernel's or the one behind a socket.
//
// Used by the sensors, by evctl and by tests, on one thread at a time; calls block until KMES has
// answered, which is a copy into a ring and never waits for a consumer. Entries need a non-empty
// UTF-8 type and one msgpack value as payload (Spec PSD-003 §4.1); KMES checks. Errors carry the
// meaning of its errno: Invalid for a bad or too large event, Denied without the right to emit,
// Busy when the rate limit is reached, Gone when the connection has ended.
class EmitClient {
  public:
    virtual ~EmitClient() = default;
    virtual base::Result<void> emit(const EmitEntry& entry) = 0;
    // At most kEmitBatchEntriesMax entries. They share one timestamp, unless the socket cannot take
    // them in one packet.
    virtual BatchOutcome emitBatch(std::span<const EmitEntry> entries) = 0;
};

// True when this kernel has KMES. Emits nothing.
bool kernelHasKmes();

std::unique_ptr<EmitClient> makeKernelEmitClient();
// Over a connected SOCK_SEQPACKET socket that speaks contracts §4.
std::unique_ptr<EmitClient> makeSocketEmitClient(base::Fd socket);
// The kernel when it has KMES, else whoever listens at the path. NotFound when there is neither.
base::Result<std::unique_ptr<EmitClient>> connectEmitClient(const std::string& socket_path);

}  // namespace evd::kmes
