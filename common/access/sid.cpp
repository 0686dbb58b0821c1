#include "common/access/sid.h"

#include "common/access/little_endian.h"
#include "common/base/check.h"
#include "common/base/text.h"

#include <algorithm>
#include <limits>

namespace evd::access {

namespace {

constexpr uint64_t kDecimalAuthorityMax = std::numeric_limits<uint32_t>::max();
constexpr size_t kAuthorityHexDigits = 12;

base::Error invalid(std::string text) {
    return base::fail(base::ErrorKind::Invalid, std::move(text));
}

base::Result<uint64_t> parseAuthority(std::string_view text) {
    if (!text.starts_with("0x") && !text.starts_with("0X")) {
        const auto number = base::parseU64(text);
        if (!number.ok() || number.value() > kDecimalAuthorityMax) {
            return invalid(base::cat("'", text, "' is no SID authority"));
        }
        return number.value();
    }
    uint64_t authority = 0;
    const std::string_view digits = text.substr(2);
    const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), authority, 16);
    if (digits.empty() || digits.size() > kAuthorityHexDigits || end.ec != std::errc() ||
        end.ptr != digits.data() + digits.size()) {
        return invalid(base::cat("'", text, "' is no SID authority"));
    }
    return authority;
}

void storeAuthority(std::span<uint8_t> at, uint64_t authority) {
    for (size_t index = 0; index < at.size(); ++index) {
        at[index] = static_cast<uint8_t>(authority >> (8 * (at.size() - 1 - index)));
    }
}

}  // namespace

base::Result<Sid> Sid::parsePrefix(std::span<const uint8_t> bytes) {
    if (bytes.size() < kBytesMin) {
        return invalid(base::cat("a SID of ", bytes.size(), " bytes is too short"));
    }
    if (bytes[0] != 1) {
        return invalid(base::cat("SID revision ", static_cast<unsigned>(bytes[0]), " is not 1"));
    }
    const size_t count = bytes[1];
    if (count > kSubAuthoritiesMax) {
        return invalid(base::cat("a SID with ", count, " sub-authorities"));
    }
    if (bytes.size() < kBytesMin + 4 * count) {
        return invalid("a SID is cut off");
    }
    Sid sid;
    sid.bytes_ = {};
    std::copy_n(bytes.begin(), kBytesMin + 4 * count, sid.bytes_.begin());
    return sid;
}

base::Result<Sid> Sid::parse(std::span<const uint8_t> bytes) {
    auto sid = parsePrefix(bytes);
    if (sid.ok() && sid.value().size() != bytes.size()) {
        return invalid(
            base::cat("a SID of ", sid.value().size(), " bytes in a place of ", bytes.size()));
    }
    return sid;
}

base::Result<Sid> Sid::parseText(std::string_view text) {
    if (!text.starts_with("S-1-") && !text.starts_with("s-1-")) {
        return invalid(base::cat("'", text, "' is no SID"));
    }
    const auto parts = base::split(text.substr(4), '-');
    if (parts.size() > kSubAuthoritiesMax + 1) {
        return invalid("a SID with more than 15 sub-authorities");
    }
    const auto authority = parseAuthority(parts.front());
    if (!authority.ok()) {
        return authority.error();
    }
    std::vector<uint8_t> bytes(kBytesMin);
    bytes[0] = 1;
    bytes[1] = static_cast<uint8_t>(parts.size() - 1);
    storeAuthority(std::span(bytes).subspan(2, 6), authority.value());
    for (size_t index = 1; index < parts.size(); ++index) {
        const auto number = base::parseU64(parts[index]);
        if (!number.ok() || number.value() > std::numeric_limits<uint32_t>::max()) {
            return invalid(base::cat("'", parts[index], "' is no sub-authority of a SID"));
        }
        append32(bytes, static_cast<uint32_t>(number.value()));
    }
    return parse(bytes);
}

uint64_t Sid::authority() const {
    uint64_t authority = 0;
    for (size_t index = 2; index < kBytesMin; ++index) {
        authority = authority << 8 | bytes_[index];
    }
    return authority;
}

uint32_t Sid::subAuthority(size_t index) const {
    EVD_CHECK(index < subAuthorityCount(), "a sub-authority beyond the last");
    return load32(bytes(), kBytesMin + 4 * index);
}

std::string Sid::text() const {
    std::string out = "S-1-";
    if (authority() <= kDecimalAuthorityMax) {
        out += base::cat(authority());
    } else {
        out += "0x" + base::encodeHex(bytes().subspan(2, 6));
    }
    for (size_t index = 0; index < subAuthorityCount(); ++index) {
        out += base::cat('-', subAuthority(index));
    }
    return out;
}

}  // namespace evd::access
