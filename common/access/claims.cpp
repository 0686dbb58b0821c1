#include "common/access/claims.h"

#include "common/access/little_endian.h"
#include "common/access/sid.h"
#include "common/access/utf16.h"
#include "common/base/text.h"

namespace evd::access {

namespace {

constexpr size_t kHeaderBytes = 16;

base::Error malformed(std::string_view what) {
    return base::fail(base::ErrorKind::Invalid, base::cat("malformed claim: ", what));
}

bool fits(std::span<const uint8_t> entry, size_t at, size_t count) {
    return at <= entry.size() && entry.size() - at >= count;
}

// The units from `at` to the zero unit that ends them, without it.
base::Result<std::span<const uint8_t>> textAt(std::span<const uint8_t> entry, size_t at) {
    for (size_t end = at; fits(entry, end, 2); end += 2) {
        if (load16(entry, end) == 0) {
            const auto text = entry.subspan(at, end - at);
            return isUtf16(text) ? base::Result<std::span<const uint8_t>>(text)
                                 : malformed("a lone surrogate in a string");
        }
    }
    return malformed("a string without end");
}

base::Result<Value> sidAt(std::span<const uint8_t> entry, size_t at) {
    if (at >= entry.size()) {
        return malformed("a SID outside the entry");
    }
    const auto sid = Sid::parsePrefix(entry.subspan(at));
    if (!sid.ok()) {
        return sid.error();
    }
    return Value::ofBytes(ValueKind::Sid, entry.subspan(at, sid.value().size()));
}

base::Result<Value> octetsAt(std::span<const uint8_t> entry, size_t at) {
    if (!fits(entry, at, 4) || !fits(entry, at + 4, load32(entry, at))) {
        return malformed("octets outside the entry");
    }
    return Value::ofBytes(ValueKind::Octets, entry.subspan(at + 4, load32(entry, at)));
}

base::Result<Value> numberAt(std::span<const uint8_t> entry, size_t at, uint16_t type) {
    if (!fits(entry, at, 8)) {
        return malformed("a number outside the entry");
    }
    const uint64_t number = load64(entry, at);
    if (type == kClaimUnsigned) {
        return Value::ofUnsigned(number);
    }
    // Spec §3.9: a boolean is true for every number but zero.
    return Value::ofInteger(type == kClaimBoolean ? static_cast<int64_t>(number != 0)
                                                  : static_cast<int64_t>(number));
}

base::Result<Value> valueAt(std::span<const uint8_t> entry, size_t at, uint16_t type) {
    if (type == kClaimInteger || type == kClaimUnsigned || type == kClaimBoolean) {
        return numberAt(entry, at, type);
    }
    if (type != kClaimString && type != kClaimSid && type != kClaimOctets) {
        return malformed(base::cat("value type ", type));
    }
    if (!fits(entry, at, 4)) {
        return malformed("a value outside the entry");
    }
    const size_t target = load32(entry, at);
    if (type == kClaimSid) {
        return sidAt(entry, target);
    }
    if (type == kClaimOctets) {
        return octetsAt(entry, target);
    }
    const auto text = textAt(entry, target);
    if (!text.ok()) {
        return text.error();
    }
    return Value::ofBytes(ValueKind::String, text.value());
}

}  // namespace

base::Result<Claim> parseClaimEntry(std::span<const uint8_t> bytes) {
    if (bytes.size() < kHeaderBytes) {
        return malformed("the header is cut off");
    }
    Claim claim;
    claim.type = load16(bytes, 4);
    claim.flags = load32(bytes, 8);
    claim.count = load32(bytes, 12);
    if (claim.count > (bytes.size() - kHeaderBytes) / 4) {
        return malformed("more values than bytes");
    }
    const auto name = textAt(bytes, load32(bytes, 0));
    if (!name.ok()) {
        return name.error();
    }
    claim.name = utf8FromUtf16(name.value()).value_or(std::string());
    claim.folded_name = foldCase(claim.name);
    std::vector<Value> values;
    values.reserve(claim.count);
    for (size_t index = 0; index < claim.count; ++index) {
        auto value = valueAt(bytes, load32(bytes, kHeaderBytes + 4 * index), claim.type);
        if (!value.ok()) {
            return value.error();
        }
        values.push_back(std::move(value).value());
    }
    if (values.size() == 1) {
        claim.value = std::move(values.front());
    } else if (!values.empty()) {
        claim.value = Value::ofElements(std::move(values));
    }
    return claim;
}

base::Result<ClaimSet> ClaimSet::parse(std::vector<uint8_t> bytes) {
    auto body = std::make_shared<Body>();
    body->bytes = std::move(bytes);
    std::span<const uint8_t> rest(body->bytes);
    while (!rest.empty()) {
        if (rest.size() < 4) {
            return malformed("the length of an entry is cut off");
        }
        const size_t length = load32(rest, 0);
        if (length == 0 || length > rest.size() - 4) {
            return malformed(base::cat("an entry of ", length, " bytes"));
        }
        auto claim = parseClaimEntry(rest.subspan(4, length));
        if (!claim.ok()) {
            return claim.error();
        }
        body->claims.push_back(std::move(claim).value());
        rest = rest.subspan(4 + length);
    }
    ClaimSet set;
    set.body_ = std::move(body);
    return set;
}

}  // namespace evd::access
