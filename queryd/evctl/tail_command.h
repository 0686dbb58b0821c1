#pragma once

#include "common/base/result.h"
#include "queryd/evctl/session_context.h"

#include <cstdint>
#include <span>
#include <string>

namespace evd::evctl {

// `evctl tail`: the last records and then what is new, newest last, until interrupted.
//
// When the connection breaks after it has worked, it is made anew, with growing pauses, and what
// came meanwhile is shown first (tail_memory.h); both is said on standard error. From then on
// records are left out whose times are before what was shown last, by more than kTailOverlapNs: the
// language has no condition for the first part of an answer only. A question that the server
// refuses ends it, and so does an output that cannot be written.
base::Result<void> runTail(const SessionContext& context);

// The query that a tail is: `words` are what follows the command. The initial result comes newest
// first unless the clauses sort it themselves.
struct TailQuery {
    std::string text;
    bool reversed = true;
};
TailQuery tailQuery(std::span<const std::string> words, uint32_t lines);

// The question with the moment that its SINCE meant at that time in the place of "5m ago", today or
// yesterday: for who asks it again later. Pure.
std::string withFixedSince(std::string question, int64_t then_ns);

}  // namespace evd::evctl
