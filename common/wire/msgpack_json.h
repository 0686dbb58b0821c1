#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace evd::wire {

// Deeper values than any record can hold are shown as null.
inline constexpr uint32_t kJsonDepthMax = 72;

// Appends one msgpack value as JSON on one line (contracts §7), without losing anything:
//
//    integers                      exact, as digits
//    floats                        shortest form that reads back the same; always with . or e
//    non-finite floats             {"$float":"nan"}  "inf"  "-inf"
//    text                          text; what is not UTF-8 as bytes
//    bytes                         {"$binary":"hex"}
//    maps with text keys           objects, keys sorted by their bytes
//    other maps, and keys twice    {"$map":[[key,value],...]} in their own order
//    extensions                    {"$extension":[type,"hex"]}
//
// Used by evctl for its machine formats and by the SQL function msgpack_to_json. Malformed bytes
// give null; both have checked the value before. Pure; any thread.
void appendJson(std::span<const uint8_t> value, std::string& out);

// A JSON string with its quotes.
void appendJsonText(std::string_view text, std::string& out);

}  // namespace evd::wire
