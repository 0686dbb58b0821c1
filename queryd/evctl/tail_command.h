#pragma once

#include "common/base/result.h"
#include "queryd/evctl/session_context.h"

#include <span>
#include <string>

namespace evd::evctl {

// `evctl tail`: the last records and then what is new, newest last, until interrupted.
//
// When the connection breaks after it has worked, it is made anew, with growing pauses, and what
// came meanwhile is shown first (tail_memory.h); both is said on standard error. A question that
// the server refuses ends it.
base::Result<void> runTail(const SessionContext& context);

// The query that a tail is: `words` are what follows the command. The initial result comes newest
// first unless the clauses sort it themselves.
struct TailQuery {
    std::string text;
    bool reversed = true;
};
TailQuery tailQuery(std::span<const std::string> words, uint32_t lines);

}  // namespace evd::evctl
