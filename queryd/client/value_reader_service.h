#pragma once

#include "common/base/result.h"

#include <capnp/query.capnp.h>
#include <cstdint>
#include <vector>

namespace evd::queryd {

// Appends a typed record as one msgpack map, the form in which everything on the client's side
// works. Invalid when it nests deeper than kMsgpackDepthMax; what has been appended is then of no
// use.
base::Result<void> appendRecord(schema::ResultRecord::Reader record, std::vector<uint8_t>& out);

}  // namespace evd::queryd
