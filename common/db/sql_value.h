#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace evd::db {

// A larger blob has no JSON: it cannot be an event's payload (KMES takes 4 MiB at most).
inline constexpr size_t kJsonPayloadBytesMax = 4 * 1024 * 1024;

// What a SQL function of ours answers. Text and blobs either point into the function's argument or
// are kept in `own`.
struct SqlValue {
    enum class Kind { Null, Integer, Float, Text, Blob };

    Kind kind = Kind::Null;
    int64_t integer = 0;
    double floating = 0;
    std::string_view bytes;  // Text, Blob: unless there is something in `own`
    std::string own;

    std::string_view content() const { return own.empty() ? bytes : std::string_view(own); }
};

// The SQL functions that read msgpack payloads and GUIDs, without SQLite: they take bytes and give
// plain values, so that the functions of our own connections and those of the loadable extension
// are one and the same, and can be tested and fuzzed alone.
//
// Payloads come from anywhere. Whatever is malformed, too deep, too large or not there gives Null;
// nothing is ever an error, because one bad row must not end a question over a million good ones.
// Pure, and equal arguments give equal results for ever: indexes are built on them (Spec §3.3). A
// change of what msgpackExtract answers makes every payload index on disk wrong.

// One payload field. The path is "$." and the field's name as it is in records: '$.granted_access',
// '$.source.name' (Ruling Q9; see wire::findPath). As SQL:
//
//    nil, no such field        NULL         boolean     0 or 1
//    integers up to 2^63-1     INTEGER      text        TEXT, not checked for UTF-8
//    greater ones              REAL         bytes       BLOB, its content
//    floats                    REAL         arrays, empty maps, extensions: BLOB, their msgpack
//    NaN                       NULL         filled maps are no fields: NULL
//
// REAL keeps the order between integers on both sides of 2^63, but above it only 53 bits: whoever
// compares exactly must look at the payload again.
SqlValue msgpackExtract(std::span<const uint8_t> payload, std::string_view path);

// The whole value as JSON on one line (wire::appendJson), or Null when it is not exactly one
// well-formed value of at most wire::kMsgpackDepthMax levels.
SqlValue msgpackToJson(std::span<const uint8_t> payload);

// 16 bytes in Microsoft order as text in braces, and back; text in either case, with or without
// braces.
SqlValue guidText(std::span<const uint8_t> bytes);
SqlValue guidBlob(std::string_view text);

}  // namespace evd::db
