#pragma once

#include "common/base/result.h"
#include "queryd/evctl/query_words.h"
#include "queryd/evctl/session_context.h"

#include <string>

namespace evd::evctl {

// Whether a METRIC question that was refused may be one for a histogram, of which the server wants
// to be told a percentile (Ruling M6), and --heat stands for all three. Pure.
bool mayBeHistogram(const Arguments& arguments, const QueryWords& words);

// Asks the question for P50, P95 and P99, one after the other, and draws what comes as lines of
// shades on one scale and one axis of time, and to --svg's file.
//
// Nothing is printed before all three are complete, as with every answer (contracts §7); they are
// three moments of a store that goes on, which a picture does not show. Invalid when the server
// refuses them, too, or when there is nothing to draw; else as asking fails. One thread.
base::Result<void> drawPercentiles(const SessionContext& context, const std::string& question);

}  // namespace evd::evctl
