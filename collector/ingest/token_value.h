#pragma once

#include "common/wire/msgpack.h"
#include "common/wire/msgpack_number.h"

#include <cstdint>
#include <optional>

namespace evd::collector {

// Nesting of a value that we pass over.
inline constexpr uint32_t kValueDepthMax = wire::kMsgpackDepthMax;

// What a msgpack token is worth as a field of a record; nothing when it is of another type. Numbers
// are those of common/wire/msgpack_number.h. Pure.

bool isScalar(const wire::MsgpackToken& token);

// An unsigned integer, clamped to 2^63-1 (Ruling S11).
std::optional<int64_t> asTimestamp(const wire::MsgpackToken& token);

// Passes over the rest of a value whose head has been read; false when it is not msgpack.
bool skipRest(wire::MsgpackReader& reader, const wire::MsgpackToken& head);

}  // namespace evd::collector
