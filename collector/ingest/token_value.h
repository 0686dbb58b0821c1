#pragma once

#include "common/wire/msgpack.h"

#include <cstdint>
#include <optional>

namespace evd::collector {

// What a msgpack token is worth as a field of a record; nothing when it is of another type. Pure.

bool isScalar(const wire::MsgpackToken& token);

// An unsigned integer, clamped to 2^63-1 (Ruling S11).
std::optional<int64_t> asTimestamp(const wire::MsgpackToken& token);

// Any number: integers and binary32 count as f64 (Ruling L4).
std::optional<double> asDouble(const wire::MsgpackToken& token);

// An unsigned integer.
std::optional<uint64_t> asCount(const wire::MsgpackToken& token);

}  // namespace evd::collector
