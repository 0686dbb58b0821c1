#pragma once

#include "common/base/result.h"
#include "queryd/evctl/session_context.h"

namespace evd::evctl {

// How long a command whose only work is sending waits for a receiver that is full.
inline constexpr int kSendPatienceMs = 2000;

// `evctl log ORIGIN [TEXT|-] [--error]`: a log record per line of TEXT, or of standard input as it
// comes. Fails when nobody receives, or when records could not be sent within kSendPatienceMs.
base::Result<void> runLog(const SessionContext& context);

// The same, reading another descriptor than standard input.
base::Result<void> sendLogLines(const SessionContext& context, int input);

// Io when records were dropped.
base::Result<void> allSent(uint64_t sent, uint64_t dropped);

// Invalid unless it is UTF-8 of 1 to kLogOriginBytesMax bytes.
base::Result<void> checkOrigin(const std::string& origin);

}  // namespace evd::evctl
