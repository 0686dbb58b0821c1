#pragma once

#include "queryd/exec/record_row.h"
#include "queryd/exec/value_order.h"
#include "queryd/plan/record_plan.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace evd::queryd {

// Appends the record as one flat msgpack map (Spec §8.1 result format, Ruling Q9, Q10).
//
// Without SELECT: the header fields, nil where they are NULL, then the payload fields in their
// order, nested maps under dotted names, arrays whole, collisions with header fields left out. With
// SELECT: the named fields in the order of their naming, those that the event does not have left
// out. Only what is shown is decoded, and what the caller may not see is left out.
void encodeRecord(const RecordPlan& plan, RecordRow& row, std::vector<uint8_t>& out);

// Appends one value (Spec §8.8). Text that is not valid UTF-8, alone or inside a container, goes
// out as bytes, so that no payload can make a client's decoder fail on the whole message.
void encodeValue(const Value& value, std::vector<uint8_t>& out);
void encodeText(std::string_view text, std::vector<uint8_t>& out);

}  // namespace evd::queryd
