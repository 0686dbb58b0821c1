#pragma once

#include <cstdint>
#include <string_view>

namespace evd::evctl {

// The clause words of a query that evctl itself must know about.
struct QueryWords {
    bool stream = false;
    bool sort = false;
    bool take = false;
    uint64_t take_count = 0;  // the number behind TAKE; 0 when there is none
    bool metric = false;      // the mode, not a condition
    bool transform = false;   // RATE, DELTA or a percentile
};

// Finds clause words in a query text, outside quotes, comments and comparisons, without judging the
// text; that is the server's. A guess that is wrong (SELECT stream) only changes how things look,
// or has an export refused. Pure.
QueryWords findQueryWords(std::string_view text);

}  // namespace evd::evctl
