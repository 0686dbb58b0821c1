#pragma once

#include "common/access/token.h"
#include "common/base/result.h"
#include "queryd/access/kacs_calls.h"

#include <cstdint>
#include <span>
#include <vector>

namespace evd::queryd {

// A list of SIDs as KACS gives it: u32 count, then of each u32 length, the SID, u32 attributes.
// Invalid when it is cut off, when something follows it, or when a SID is none.
base::Result<std::vector<access::SidAndAttributes>> parseSidList(std::span<const uint8_t> bytes);

// What we want to know of a kernel token ourselves. Verdicts are the kernel's and need none of it:
// it says under which name a caller's questions are counted and who is exempt from being counted.
struct KernelTokenFacts {
    access::Sid user;
    bool system = false;
    bool administrator = false;
};

// Asks KACS for them. A token that is narrowed in any way - restricted, confined, not to be acted
// with (identification) - is neither SYSTEM nor administrator here, whatever its SIDs are. Denied
// when one of the facts cannot be had or makes no sense.
base::Result<KernelTokenFacts> readKernelToken(const KacsCalls& calls, int token);

}  // namespace evd::queryd
