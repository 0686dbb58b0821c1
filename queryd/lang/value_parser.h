#pragma once

#include "common/base/result.h"
#include "queryd/lang/ast.h"
#include "queryd/lang/token_cursor.h"

#include <cstdint>
#include <string>
#include <vector>

namespace evd::queryd {

// The small parts that clauses and conditions are made of. Each reads one thing at the cursor or
// fails with the sentence for it, leaving the cursor where it failed.

base::Result<FieldName> parseField(TokenCursor& cursor);
// One or more fields with commas between them; Invalid above the limit.
base::Result<std::vector<FieldName>> parseFields(TokenCursor& cursor, size_t count_max);
// A value on the right of an operator; bare words are text (Ruling Q1).
base::Result<Literal> parseLiteral(TokenCursor& cursor);
// What SINCE and UNTIL take.
base::Result<TimePoint> parseTimePoint(TokenCursor& cursor);
// What windows and buckets take: 5m.
base::Result<int64_t> parseWindow(TokenCursor& cursor);
// What SKIP, TAKE, TOP and CONTEXT take.
base::Result<uint64_t> parseCount(TokenCursor& cursor);
// A name or a text, quoted or not; `thing` describes it in errors.
base::Result<std::string> parseName(TokenCursor& cursor, std::string_view thing);

}  // namespace evd::queryd
