#include "common/access/condition_reader.h"

#include "common/access/condition_codes.h"
#include "common/access/little_endian.h"
#include "common/access/sid.h"
#include "common/access/utf16.h"

#include <algorithm>
#include <limits>

namespace evd::access {

namespace {

constexpr size_t kIntegerBytes = 10;  // value, sign, base

// Spec §3.11: the sign byte decides the sign of the magnitude that the eight bytes hold.
std::optional<int64_t> signedValue(int64_t raw, uint8_t sign) {
    if (raw == std::numeric_limits<int64_t>::min()) {
        return sign == kSignMinus ? std::optional<int64_t>(raw) : std::nullopt;
    }
    const int64_t magnitude = raw < 0 ? -raw : raw;
    return sign == kSignMinus ? -magnitude : magnitude;
}

// Codes 1, 2, 3, 4 promise 8, 16, 32 and 64 bits.
bool fitsWidth(int64_t number, uint8_t code) {
    if (code == kCodeInt64) {
        return true;
    }
    const int64_t limit = int64_t{1} << ((8 << (code - kCodeInt8)) - 1);
    return number >= -limit && number < limit;
}

}  // namespace

ConditionReader::ConditionReader(std::span<const uint8_t> bytes) : bytes_(bytes) {
    broken_ = bytes.size() < kConditionMagic.size() ||
              !std::equal(kConditionMagic.begin(), kConditionMagic.end(), bytes.begin());
    at_ = kConditionMagic.size();
}

ReadOutcome ConditionReader::next(ConditionToken& token) {
    if (broken_) {
        return ReadOutcome::Malformed;
    }
    if (at_ >= bytes_.size()) {
        return ReadOutcome::End;
    }
    token = ConditionToken{};
    token.code = bytes_[at_++];
    bool sound = true;
    if (token.code == kCodePadding) {
        broken_ = !onlyPaddingLeft();
        at_ = bytes_.size();
        return broken_ ? ReadOutcome::Malformed : ReadOutcome::End;
    }
    if (isLiteralCode(token.code)) {
        sound = readLiteral(token.code, token.value, 0);
    } else if (isAttributeCode(token.code)) {
        sound = readAttribute(token.name);
    } else {
        sound = findOperator(token.code) != nullptr;
    }
    broken_ = !sound;
    return sound ? ReadOutcome::Token : ReadOutcome::Malformed;
}

bool ConditionReader::onlyPaddingLeft() const {
    const auto rest = bytes_.subspan(at_);
    return std::all_of(rest.begin(), rest.end(), [](uint8_t byte) { return byte == 0; });
}

std::optional<std::span<const uint8_t>> ConditionReader::readSized() {
    if (bytes_.size() - at_ < 4) {
        return std::nullopt;
    }
    const size_t length = load32(bytes_, at_);
    at_ += 4;
    if (bytes_.size() - at_ < length) {
        return std::nullopt;
    }
    const auto own = bytes_.subspan(at_, length);
    at_ += length;
    return own;
}

bool ConditionReader::readInteger(uint8_t code, Value& value) {
    if (bytes_.size() - at_ < kIntegerBytes) {
        return false;
    }
    const auto raw = static_cast<int64_t>(load64(bytes_, at_));
    const uint8_t sign = bytes_[at_ + 8];
    const uint8_t base = bytes_[at_ + 9];
    at_ += kIntegerBytes;
    if (sign < kSignPlus || sign > kSignNone || base < kBaseOctal || base > kBaseHex) {
        return false;
    }
    const auto number = signedValue(raw, sign);
    if (!number || !fitsWidth(*number, code)) {
        return false;
    }
    value = Value::ofInteger(*number);
    value.sign = sign;
    value.base = base;
    return true;
}

// The last element is read whole even when the stated length of the composite ends inside it, and
// reading goes on behind the element: the kernel does so (peios-abi §9, 1).
bool ConditionReader::readComposite(Value& value, size_t depth) {
    if (depth >= kCompositeDepthMax || bytes_.size() - at_ < 4) {
        return false;
    }
    const size_t length = load32(bytes_, at_);
    at_ += 4;
    if (bytes_.size() - at_ < length) {
        return false;
    }
    const size_t end = at_ + length;
    std::vector<Value> elements;
    while (at_ < end) {
        const uint8_t code = bytes_[at_++];
        Value element;
        if (!isLiteralCode(code) || !readLiteral(code, element, depth + 1)) {
            return false;
        }
        elements.push_back(std::move(element));
    }
    value = Value::ofElements(std::move(elements));
    return true;
}

bool ConditionReader::readLiteral(uint8_t code, Value& value, size_t depth) {
    if (code <= kCodeInt64) {
        return readInteger(code, value);
    }
    if (code == kCodeComposite) {
        return readComposite(value, depth);
    }
    const auto bytes = readSized();
    if (!bytes) {
        return false;
    }
    if (code == kCodeString) {
        value = Value::ofBytes(ValueKind::String, *bytes);
        return isUtf16(*bytes);
    }
    value = Value::ofBytes(code == kCodeSid ? ValueKind::Sid : ValueKind::Octets, *bytes);
    return code != kCodeSid || Sid::parse(*bytes).ok();
}

bool ConditionReader::readAttribute(std::string& name) {
    const auto bytes = readSized();
    if (!bytes) {
        return false;
    }
    auto text = utf8FromUtf16(*bytes);
    if (!text) {
        return false;
    }
    name = std::move(*text);
    return true;
}

}  // namespace evd::access
