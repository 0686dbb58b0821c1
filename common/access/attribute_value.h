#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace evd::access {

// Null is an attribute that is not there; only attributes are ever Null.
enum class ValueKind { Null, Integer, Unsigned, String, Octets, Sid, Composite };

// A value of a claim or of a literal in a condition (PSD-004 §3.8, §3.9).
//
// Strings (UTF-16LE), octets and SIDs are views into the bytes they were parsed from, which must
// outlive the value: the values of a claim may all overlap, so that copying them could turn one
// descriptor into gigabytes.
struct Value {
    ValueKind kind = ValueKind::Null;
    int64_t integer = 0;  // Integer
    uint8_t sign = 0;     // how a literal Integer was written: only people care
    uint8_t base = 0;
    uint64_t unsigned_integer = 0;  // Unsigned
    std::span<const uint8_t> bytes;
    std::vector<Value> elements;  // Composite

    static Value ofInteger(int64_t number) {
        Value value;
        value.kind = ValueKind::Integer;
        value.integer = number;
        return value;
    }
    static Value ofUnsigned(uint64_t number) {
        Value value;
        value.kind = ValueKind::Unsigned;
        value.unsigned_integer = number;
        return value;
    }
    static Value ofBytes(ValueKind kind, std::span<const uint8_t> bytes) {
        Value value;
        value.kind = kind;
        value.bytes = bytes;
        return value;
    }
    static Value ofElements(std::vector<Value> elements) {
        Value value;
        value.kind = ValueKind::Composite;
        value.elements = std::move(elements);
        return value;
    }
};

}  // namespace evd::access
