#pragma once

#include "common/base/result.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace evd::evctl {

// A question that can be asked piece by piece, in the order of time, so that it may go on where it
// was broken off: a plain read of EVENTS or LOGS, or of each sample of METRIC name[].
//
// Time is the cursor, and not the event store's own (docs/rpc.md): that one knows events by their
// ids, but neither log lines nor samples, nor any condition.
struct PagedQuestion {
    std::string head;  // the question without its SINCE and UNTIL
    bool oldest_first = false;
    bool has_since = false;
    int64_t since_ns = 0;
    int64_t until_ns = 0;  // exclusive; now when it is not named, and so it stays
};

// Takes a question apart. Unsupported, with the reason as a half sentence ("COUNT answers as a
// whole"), when its answer is more than its records in the order of time, or when it is not
// understood well enough to be sure: then it is asked in one piece, and judged by the server. Pure,
// but for the time zone, which it does not use: times in the language are UTC.
base::Result<PagedQuestion> planPages(std::string_view question, int64_t now_ns);

// Whether a METRIC question answers with the samples of single series as they are. Pure.
bool showsSamples(std::string_view question);

}  // namespace evd::evctl
