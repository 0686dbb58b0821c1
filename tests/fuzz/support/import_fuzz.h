#pragma once

#include "common/base/check.h"
#include "common/base/text.h"
#include "common/wire/metric_labels.h"
#include "tests/support/imported_records.h"

#include <string>

namespace evd::test {

// Whatever a file holds, what comes out of it is text, and the same however its bytes come.
inline void fuzzImport(std::string_view text, const MakeParser& make) {
    const ImportOutcome whole = importInPieces(text, text.size() + 1, make);
    for (const std::string& line : whole.records) {
        EVD_CHECK(base::isUtf8(line), "what is sent is text");
    }
    for (const size_t piece : {size_t{1}, size_t{7}}) {
        EVD_CHECK(importInPieces(text, piece, make) == whole, "pieces make no difference");
    }
}

}  // namespace evd::test
