// Containers are compared as they lie, token by token through sub-spans, because they are rare. A
// map is compared as the list of its pairs in the order of their group keys, so that two maps with
// the same pairs are equal however they were written. Nesting is bounded by what a payload may nest
// (kMsgpackDepthMax), which bounds the recursion here.

#include "queryd/exec/value_order.h"

#include "common/base/text.h"
#include "queryd/exec/text_match.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

namespace evd::queryd {

namespace {

using Kind = Value::Kind;
using Bytes = std::span<const uint8_t>;

constexpr double kTwoTo63 = 9223372036854775808.0;
constexpr double kTwoTo64 = 18446744073709551616.0;

int sign(bool less, bool greater) {
    return less ? -1 : greater ? 1 : 0;
}

int kindRank(Kind kind) {
    switch (kind) {
        case Kind::Null:
            return 0;
        case Kind::Boolean:
            return 1;
        case Kind::Int:
        case Kind::Uint:
        case Kind::Float:
            return 2;
        case Kind::Text:
            return 3;
        case Kind::Bytes:
            return 4;
        case Kind::Extension:
            return 5;
        case Kind::Array:
            return 6;
        case Kind::Map:
            return 7;
    }
    return 0;
}

NumberOrder ordered(bool less, bool greater) {
    return less ? NumberOrder::Less : greater ? NumberOrder::Greater : NumberOrder::Equal;
}

NumberOrder reversed(NumberOrder order) {
    return order == NumberOrder::Less      ? NumberOrder::Greater
           : order == NumberOrder::Greater ? NumberOrder::Less
                                           : order;
}

// An integer against a float that is not NaN: the float's whole part decides, then its fraction.
NumberOrder compareIntFloat(int64_t left, double right) {
    if (right >= kTwoTo63 || right < -kTwoTo63) {
        return ordered(right > 0, right < 0);
    }
    const double whole = std::trunc(right);
    const auto whole_int = static_cast<int64_t>(whole);
    return left != whole_int ? ordered(left < whole_int, true)
                             : ordered(right > whole, right < whole);
}

NumberOrder compareUintFloat(uint64_t left, double right) {
    if (right >= kTwoTo64 || right < 0) {
        return ordered(right > 0, right < 0);
    }
    const double whole = std::trunc(right);
    const auto whole_uint = static_cast<uint64_t>(whole);
    return left != whole_uint ? ordered(left < whole_uint, true) : ordered(right > whole, false);
}

NumberOrder compareToFloat(const Value& left, double right) {
    if (std::isnan(right)) {
        return NumberOrder::Unordered;
    }
    return left.kind == Kind::Int ? compareIntFloat(left.int_value, right)
                                  : compareUintFloat(left.uint_value, right);
}

bool isNan(const Value& value) {
    return value.kind == Kind::Float && std::isnan(value.float_value);
}

int compareRaw(std::string_view left, std::string_view right) {
    const int order = left.compare(right);
    return sign(order<0, order> 0);
}

int compareNumbersTotally(const Value& left, const Value& right) {
    const NumberOrder order = compareNumbers(left, right);
    if (order == NumberOrder::Unordered) {
        return sign(!isNan(left), !isNan(right));
    }
    return sign(order == NumberOrder::Less, order == NumberOrder::Greater);
}

struct Pair {
    Value key;
    Value value;
    std::string order_key;
};

// The members of an array, or keys and values of a map, as they lie. The bytes are well-formed.
std::vector<Value> members(const Value& container) {
    std::vector<Value> found;
    const Bytes bytes = base::asBytes(container.bytes);
    wire::MsgpackReader reader(bytes);
    const auto head = reader.next();
    if (!head) {
        return found;
    }
    const size_t factor = head.value().kind == wire::MsgpackKind::Map ? 2 : 1;
    for (size_t i = 0; i < head.value().count * factor; ++i) {
        const size_t start = reader.offset();
        if (!reader.skip().ok()) {
            break;
        }
        found.push_back(valueOf(bytes.subspan(start, reader.offset() - start)));
    }
    return found;
}

std::vector<Pair> sortedPairs(const Value& map) {
    const std::vector<Value> flat = members(map);
    std::vector<Pair> pairs;
    for (size_t i = 0; i + 1 < flat.size(); i += 2) {
        Pair pair{flat[i], flat[i + 1], {}};
        appendGroupKey(pair.key, pair.order_key);
        appendGroupKey(pair.value, pair.order_key);
        pairs.push_back(std::move(pair));
    }
    std::sort(pairs.begin(), pairs.end(),
              [](const Pair& left, const Pair& right) { return left.order_key < right.order_key; });
    return pairs;
}

template <typename Compare>
int compareLists(const std::vector<Value>& left, const std::vector<Value>& right, Compare compare) {
    for (size_t i = 0; i < std::min(left.size(), right.size()); ++i) {
        if (const int order = compare(left[i], right[i]); order != 0) {
            return order;
        }
    }
    return sign(left.size() < right.size(), left.size() > right.size());
}

std::vector<Value> orderedMembers(const Value& container) {
    if (container.kind == Kind::Array) {
        return members(container);
    }
    std::vector<Value> list;
    for (const Pair& pair : sortedPairs(container)) {
        list.push_back(pair.key);
        list.push_back(pair.value);
    }
    return list;
}

bool holdsNan(const Value& value) {
    if (value.kind != Kind::Array && value.kind != Kind::Map) {
        return isNan(value);
    }
    const std::vector<Value> inner = members(value);
    return std::any_of(inner.begin(), inner.end(), holdsNan);
}

// Kinds are the same rank here.
template <typename Compare>
int compareSameRank(const Value& left, const Value& right, Compare compare) {
    switch (left.kind) {
        case Kind::Null:
            return 0;
        case Kind::Boolean:
            return sign(!left.boolean && right.boolean, left.boolean && !right.boolean);
        case Kind::Int:
        case Kind::Uint:
        case Kind::Float:
            return compareNumbersTotally(left, right);
        case Kind::Text: {
            const int folded = compareFolded(left.bytes, right.bytes);
            return folded != 0 ? folded : compareRaw(left.bytes, right.bytes);
        }
        case Kind::Bytes:
        case Kind::Extension:
            return compareRaw(left.bytes, right.bytes);
        case Kind::Array:
        case Kind::Map:
            return compareLists(orderedMembers(left), orderedMembers(right), compare);
    }
    return 0;
}

// Forms of one number: integers before floats, negative zero before zero, NaN by its bits.
int compareForms(const Value& left, const Value& right) {
    if (left.kind != right.kind) {
        return sign(left.kind<right.kind, left.kind> right.kind);
    }
    if (left.kind != Kind::Float) {
        return 0;
    }
    int64_t left_bits = 0;
    int64_t right_bits = 0;
    std::memcpy(&left_bits, &left.float_value, sizeof(left_bits));
    std::memcpy(&right_bits, &right.float_value, sizeof(right_bits));
    return sign(left_bits<right_bits, left_bits> right_bits);
}

void appendNumber(uint64_t number, std::string& key) {
    char bytes[sizeof(number)];
    std::memcpy(bytes, &number, sizeof(number));
    key.append(bytes, sizeof(bytes));
}

// Numbers of one value have one key, whatever their kind: the integer where there is one.
void appendNumberKey(const Value& value, std::string& key) {
    const double number = value.float_value;
    if (value.kind == Kind::Int) {
        key += 'i';
        appendNumber(static_cast<uint64_t>(value.int_value), key);
    } else if (value.kind == Kind::Uint) {
        key += 'u';
        appendNumber(value.uint_value, key);
    } else if (std::isnan(number)) {
        key += 'N';
    } else if (number == std::trunc(number) && number >= -kTwoTo63 && number < kTwoTo63) {
        appendNumberKey(Value::ofInt(static_cast<int64_t>(number)), key);
    } else if (number == std::trunc(number) && number >= kTwoTo63 && number < kTwoTo64) {
        appendNumberKey(Value::ofUint(static_cast<uint64_t>(number)), key);
    } else {
        uint64_t bits = 0;
        std::memcpy(&bits, &number, sizeof(bits));
        key += 'f';
        appendNumber(bits, key);
    }
}

}  // namespace

Value Value::ofBoolean(bool value) {
    Value result;
    result.kind = Kind::Boolean;
    result.boolean = value;
    return result;
}

Value Value::ofInt(int64_t value) {
    Value result;
    result.kind = Kind::Int;
    result.int_value = value;
    return result;
}

Value Value::ofUint(uint64_t value) {
    Value result;
    const bool fits = value <= static_cast<uint64_t>(INT64_MAX);
    result.kind = fits ? Kind::Int : Kind::Uint;
    result.int_value = fits ? static_cast<int64_t>(value) : 0;
    result.uint_value = fits ? 0 : value;
    return result;
}

Value Value::ofFloat(double value) {
    Value result;
    result.kind = Kind::Float;
    result.float_value = value;
    return result;
}

Value Value::ofText(std::string_view value) {
    Value result;
    result.kind = Kind::Text;
    result.bytes = value;
    return result;
}

Value Value::ofBytes(std::string_view value) {
    Value result;
    result.kind = Kind::Bytes;
    result.bytes = value;
    return result;
}

Value valueOf(std::span<const uint8_t> msgpack) {
    wire::MsgpackReader reader(msgpack);
    const auto read = reader.next();
    if (!read) {
        return {};
    }
    const wire::MsgpackToken& token = read.value();
    const auto container = [&](Kind kind) {
        Value value = Value::ofBytes(base::asText(msgpack));
        value.kind = kind;
        return value;
    };
    switch (token.kind) {
        case wire::MsgpackKind::Nil:
            return {};
        case wire::MsgpackKind::Boolean:
            return Value::ofBoolean(token.boolean);
        case wire::MsgpackKind::Int:
            return Value::ofInt(token.int_value);
        case wire::MsgpackKind::Uint:
            return Value::ofUint(token.uint_value);
        case wire::MsgpackKind::Float:
            return Value::ofFloat(token.float_value);
        case wire::MsgpackKind::Text:
            return Value::ofText(token.bytes);
        case wire::MsgpackKind::Bytes:
            return Value::ofBytes(token.bytes);
        case wire::MsgpackKind::Array:
            return container(Kind::Array);
        case wire::MsgpackKind::Map:
            return container(Kind::Map);
        case wire::MsgpackKind::Extension:
            return container(Kind::Extension);
    }
    return {};
}

HeldValue::HeldValue(const Value& value) : value_(value), bytes_(value.bytes) {
    value_.bytes = {};
}

Value HeldValue::view() const {
    Value value = value_;
    value.bytes = bytes_;
    return value;
}

NumberOrder compareNumbers(const Value& left, const Value& right) {
    if (left.kind == Kind::Float && right.kind == Kind::Float) {
        if (isNan(left) || isNan(right)) {
            return NumberOrder::Unordered;
        }
        return ordered(left.float_value<right.float_value, left.float_value> right.float_value);
    }
    if (right.kind == Kind::Float) {
        return compareToFloat(left, right.float_value);
    }
    if (left.kind == Kind::Float) {
        return reversed(compareToFloat(right, left.float_value));
    }
    if (left.kind != right.kind) {
        return ordered(left.kind == Kind::Int, right.kind == Kind::Int);
    }
    return left.kind == Kind::Int
               ? ordered(left.int_value<right.int_value, left.int_value> right.int_value)
               : ordered(left.uint_value<right.uint_value, left.uint_value> right.uint_value);
}

bool isEqual(const Value& left, const Value& right) {
    if (kindRank(left.kind) != kindRank(right.kind)) {
        return false;
    }
    if (left.isNumber()) {
        return compareNumbers(left, right) == NumberOrder::Equal;
    }
    if (left.kind == Kind::Text) {
        return base::equalsFolded(left.bytes, right.bytes);
    }
    if (left.kind == Kind::Array || left.kind == Kind::Map) {
        std::string left_key;
        std::string right_key;
        appendGroupKey(left, left_key);
        appendGroupKey(right, right_key);
        return left_key == right_key && !holdsNan(left);
    }
    return compareSameRank(left, right, compareOrder) == 0;
}

int compareOrder(const Value& left, const Value& right) {
    const int left_rank = kindRank(left.kind);
    const int right_rank = kindRank(right.kind);
    return left_rank != right_rank ? sign(left_rank<right_rank, left_rank> right_rank)
                                   : compareSameRank(left, right, compareOrder);
}

int compareMembers(const Value& left, const Value& right) {
    if (const int order = compareOrder(left, right); order != 0) {
        return order;
    }
    if (left.isNumber()) {
        return compareForms(left, right);
    }
    const bool is_container = left.kind == Kind::Array || left.kind == Kind::Map;
    return is_container ? compareRaw(left.bytes, right.bytes) : 0;
}

void appendGroupKey(const Value& value, std::string& key) {
    switch (value.kind) {
        case Kind::Null:
            key += 'n';
            return;
        case Kind::Boolean:
            key += value.boolean ? 't' : 'b';
            return;
        case Kind::Int:
        case Kind::Uint:
        case Kind::Float:
            appendNumberKey(value, key);
            return;
        case Kind::Text: {
            key += 's';
            appendNumber(value.bytes.size(), key);
            const size_t start = key.size();
            key += value.bytes;
            std::transform(key.begin() + static_cast<ptrdiff_t>(start), key.end(),
                           key.begin() + static_cast<ptrdiff_t>(start),
                           [](char letter) { return base::foldAscii(letter); });
            return;
        }
        case Kind::Bytes:
        case Kind::Extension:
            key += value.kind == Kind::Bytes ? 'x' : 'e';
            appendNumber(value.bytes.size(), key);
            key += value.bytes;
            return;
        case Kind::Array:
        case Kind::Map:
            break;
    }
    key += value.kind == Kind::Array ? 'a' : 'm';
    const std::vector<Value> list = members(value);
    appendNumber(list.size(), key);
    if (value.kind == Kind::Array) {
        for (const Value& member : list) {
            appendGroupKey(member, key);
        }
        return;
    }
    std::vector<std::string> pairs;
    for (size_t i = 0; i + 1 < list.size(); i += 2) {
        appendGroupKey(list[i], pairs.emplace_back());
        appendGroupKey(list[i + 1], pairs.back());
    }
    std::sort(pairs.begin(), pairs.end());
    for (const std::string& pair : pairs) {
        key += pair;
    }
}

}  // namespace evd::queryd
