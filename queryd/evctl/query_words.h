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

// Finds clause words in a query text, outside quotes and comments, without judging the text; that
// is the server's. A guess that is wrong (a bare word STREAM used as a value) only changes how
// things look. Pure.
QueryWords findQueryWords(std::string_view text);

}  // namespace evd::evctl
