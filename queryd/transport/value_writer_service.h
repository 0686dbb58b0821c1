#pragma once

#include "common/base/result.h"

#include <capnp/query.capnp.h>
#include <cstdint>
#include <span>

namespace evd::queryd {

// Fills a typed record from the engine's msgpack map (capnp/query.capnp).
//
// Both transports answer from the same bytes; this is the only difference between them. Integers
// stay exact: what fits i64 is an int, the rest a uint. An extension becomes its bytes. Fails with
// Invalid when the bytes are no map or nest deeper than kMsgpackDepthMax. Any thread.
base::Result<void> writeRecord(std::span<const uint8_t> msgpack_map,
                               schema::ResultRecord::Builder out);

}  // namespace evd::queryd
