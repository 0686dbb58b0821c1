#pragma once

#include "common/wire/msgpack.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace evd::wire {

// A field whose name is longer, or has more dotted segments, is not a field of the record.
inline constexpr size_t kFieldNameBytesMax = 1024;
inline constexpr size_t kFieldNameSegmentsMax = 64;

// One field of a payload; the value is its raw msgpack and points into the payload.
struct PayloadField {
    std::string name;
    std::span<const uint8_t> value;
};

// What the fields of an event's payload are called and where they are (Ruling Q9).
//
// The functions take the same view of a payload, so that a filter, a verdict on a field and the
// record that is shown can never disagree: nested maps become dotted names (`source.name`), an
// empty map is a value, arrays are values as a whole, keys that are not text name nothing. A key
// that contains dots itself is found by its own name; where several places give the same name the
// most deeply nested wins, then the first. Of equal keys of one map only the first counts. A
// payload that is no map, is not exactly one well-formed value, or nests deeper than
// kMsgpackDepthMax containers has no fields at all (Ruling K5). Text is not checked for UTF-8.
//
// Called by the SQL functions and by whoever shows records; any thread. findPath allocates nothing
// and passes over the payload once; listFields allocates the names it returns.
std::optional<std::span<const uint8_t>> findPath(std::span<const uint8_t> payload,
                                                 std::string_view name);

// The same for a name without dots, which can stand in the outermost map alone, up to its value and
// no further: what it answers is what findPath would if the rest turned out to be well-formed.
std::optional<std::span<const uint8_t>> peekField(std::span<const uint8_t> payload,
                                                  std::string_view name);

// All fields, in the order of the payload.
std::vector<PayloadField> listFields(std::span<const uint8_t> payload);

}  // namespace evd::wire
