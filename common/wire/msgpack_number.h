#pragma once

#include "common/wire/msgpack.h"

#include <cstdint>
#include <optional>

namespace evd::wire {

// What a msgpack token is worth as a number of a record; nothing when it is of another type. Pure.

// Any number: integers and binary32 count as f64 (Ruling L4).
std::optional<double> asDouble(const MsgpackToken& token);

// An unsigned integer.
std::optional<uint64_t> asCount(const MsgpackToken& token);

}  // namespace evd::wire
