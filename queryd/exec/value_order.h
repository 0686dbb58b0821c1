#pragma once

#include "common/wire/msgpack.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace evd::queryd {

// A value of a record as it is compared, ordered and grouped.
//
// Text, Bytes and the containers point into the row they come from and die with it; HeldValue owns.
// Array, Map and Extension are their raw msgpack. A GUID is text in its canonical form (Ruling Q9).
struct Value {
    enum class Kind : uint8_t {
        Null,
        Boolean,
        Int,
        Uint,
        Float,
        Text,
        Bytes,
        Extension,
        Array,
        Map
    };
    Kind kind = Kind::Null;
    bool boolean = false;
    int64_t int_value = 0;
    uint64_t uint_value = 0;  // only above 2^63-1
    double float_value = 0;
    std::string_view bytes;

    bool isNull() const { return kind == Kind::Null; }
    bool isNumber() const { return kind == Kind::Int || kind == Kind::Uint || kind == Kind::Float; }

    static Value ofBoolean(bool value);
    static Value ofInt(int64_t value);
    static Value ofUint(uint64_t value);
    static Value ofFloat(double value);
    static Value ofText(std::string_view value);
    static Value ofBytes(std::string_view value);
};

// The value of exactly one msgpack value; Null when the bytes are none.
Value valueOf(std::span<const uint8_t> msgpack);

// A value that owns its bytes. Copyable.
class HeldValue {
  public:
    HeldValue() = default;
    explicit HeldValue(const Value& value);
    Value view() const;
    size_t heldBytes() const { return sizeof(HeldValue) + bytes_.capacity(); }

  private:
    Value value_;
    std::string bytes_;
};

// Exact comparison of numbers of any kind, never through a lossy cast (Ruling Q4). NaN is
// unordered.
enum class NumberOrder { Less, Equal, Greater, Unordered };
NumberOrder compareNumbers(const Value& left, const Value& right);

// Whether two values are equal in the language: the same kind, numbers exactly, text with ASCII
// letters folded, containers member by member; NaN equals nothing (Ruling Q3, Q4).
bool isEqual(const Value& left, const Value& right);

// The total order of Ruling Q6: null < bool < number < text < bytes < array < map, NaN after +inf,
// text by folded then raw bytes. Negative, zero or positive. Numbers of the same value tie.
int compareOrder(const Value& left, const Value& right);

// The same, with ties between different forms of one value broken, so that the smallest member of a
// group is always the same one (Ruling Q7).
int compareMembers(const Value& left, const Value& right);

// Appends bytes that are the same for values that are one group and different otherwise: language
// equality, with NaN equal to itself. Self-delimiting.
void appendGroupKey(const Value& value, std::string& key);

}  // namespace evd::queryd
