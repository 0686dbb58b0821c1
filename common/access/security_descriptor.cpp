#include "common/access/security_descriptor.h"

#include "common/access/little_endian.h"
#include "common/base/text.h"

#include <algorithm>
#include <array>

namespace evd::access {

namespace {

constexpr size_t kAclHeaderBytes = 8;
constexpr size_t kAclBytesMax = 0xFFFF;
constexpr size_t kOwnerAt = 4;
constexpr size_t kGroupAt = 8;
constexpr size_t kSaclAt = 12;
constexpr size_t kDaclAt = 16;
constexpr uint8_t kRevisionBasic = 2;
constexpr uint8_t kRevisionDirectory = 4;

base::Error malformed(std::string_view what) {
    return base::fail(base::ErrorKind::Invalid, base::cat("malformed security descriptor: ", what));
}

// The bytes that a part takes; an absent part takes none.
struct Region {
    size_t begin = 0;
    size_t end = 0;

    bool overlaps(const Region& other) const { return begin < other.end && other.begin < end; }
};

// Every part lies behind the header and begins inside the bytes; that it ends there too is for its
// own parser to find.
base::Result<void> checkOffset(std::span<const uint8_t> bytes, size_t offset) {
    if (offset < SecurityDescriptor::kHeaderBytes || offset >= bytes.size()) {
        return malformed(base::cat("a part at offset ", offset));
    }
    return {};
}

base::Result<Region> parseSidAt(std::span<const uint8_t> bytes, size_t field,
                                std::optional<Sid>& sid) {
    const size_t offset = load32(bytes, field);
    if (offset == 0) {
        return Region{};
    }
    EVD_TRY(checkOffset(bytes, offset));
    const auto parsed = Sid::parsePrefix(bytes.subspan(offset));
    if (!parsed.ok()) {
        return parsed.error();
    }
    sid = parsed.value();
    return Region{offset, offset + sid->size()};
}

// There is no ACL that is present and has no bytes: a NULL DACL is a bit that is not set
// (peios-abi §3.3, 3).
base::Result<Region> parseAclAt(std::span<const uint8_t> bytes, size_t field, bool present,
                                std::optional<Acl>& acl) {
    const size_t offset = load32(bytes, field);
    if (present != (offset != 0)) {
        return malformed("an ACL whose presence bit and offset disagree");
    }
    if (!present) {
        return Region{};
    }
    EVD_TRY(checkOffset(bytes, offset));
    auto parsed = parseAclPrefix(bytes.subspan(offset));
    if (!parsed.ok()) {
        return parsed.error();
    }
    acl = std::move(parsed.value().acl);
    return Region{offset, offset + parsed.value().bytes};
}

bool anyOverlap(const std::array<Region, 4>& regions) {
    for (size_t first = 0; first < regions.size(); ++first) {
        for (size_t second = first + 1; second < regions.size(); ++second) {
            if (regions[first].overlaps(regions[second])) {
                return true;
            }
        }
    }
    return false;
}

base::Result<void> appendAcl(std::vector<uint8_t>& out, size_t field,
                             const std::optional<Acl>& acl) {
    if (!acl) {
        return {};
    }
    const auto bytes = buildAcl(*acl);
    if (!bytes.ok()) {
        return bytes.error();
    }
    store32(out, field, static_cast<uint32_t>(out.size()));
    appendBytes(out, bytes.value());
    return {};
}

void appendSid(std::vector<uint8_t>& out, size_t field, const std::optional<Sid>& sid) {
    if (sid) {
        store32(out, field, static_cast<uint32_t>(out.size()));
        appendBytes(out, sid->bytes());
    }
}

}  // namespace

base::Result<ParsedAcl> parseAclPrefix(std::span<const uint8_t> bytes) {
    if (bytes.size() < kAclHeaderBytes) {
        return malformed("the header of an ACL is cut off");
    }
    const size_t size = load16(bytes, 2);
    const size_t count = load16(bytes, 4);
    if (size < kAclHeaderBytes || size > bytes.size()) {
        return malformed(base::cat("an ACL of ", size, " bytes"));
    }
    ParsedAcl parsed;
    parsed.bytes = size;
    parsed.acl.revision = bytes[0];
    parsed.acl.reserved1 = bytes[1];
    parsed.acl.reserved2 = load16(bytes, 6);
    size_t at = kAclHeaderBytes;
    while (at < size && parsed.acl.aces.size() < count) {
        auto ace = parseAcePrefix(bytes.first(size).subspan(at));
        if (!ace.ok()) {
            return ace.error();
        }
        at += ace.value().bytes;
        parsed.acl.aces.push_back(std::move(ace.value().ace));
    }
    if (parsed.acl.aces.size() != count || at != size) {
        return malformed("an ACL whose count and size disagree");
    }
    return parsed;
}

base::Result<std::vector<uint8_t>> buildAcl(const Acl& acl) {
    std::vector<uint8_t> bytes = {acl.revision, acl.reserved1, 0, 0, 0, 0};
    append16(bytes, acl.reserved2);
    for (const Ace& ace : acl.aces) {
        EVD_TRY(appendAce(bytes, ace));
        if (bytes.size() > kAclBytesMax) {
            return malformed("an ACL of more than 65535 bytes");
        }
    }
    const uint32_t size_and_count =
        static_cast<uint32_t>(bytes.size()) | static_cast<uint32_t>(acl.aces.size()) << 16;
    store32(bytes, 2, size_and_count);
    return bytes;
}

uint8_t minimumRevision(const std::vector<Ace>& aces) {
    const bool directory = std::any_of(aces.begin(), aces.end(), [](const Ace& ace) {
        return ace.type >= kAceAllowedObject && ace.type <= kAceAlarmCallbackObject;
    });
    return directory ? kRevisionDirectory : kRevisionBasic;
}

base::Result<SecurityDescriptor> parseSecurityDescriptor(std::span<const uint8_t> bytes) {
    if (bytes.size() > SecurityDescriptor::kBytesMax ||
        bytes.size() < SecurityDescriptor::kHeaderBytes) {
        return malformed(base::cat(bytes.size(), " bytes"));
    }
    SecurityDescriptor descriptor;
    descriptor.resource_manager = bytes[1];
    descriptor.control = load16(bytes, 2);
    if (bytes[0] != 1) {
        return malformed(base::cat("revision ", static_cast<unsigned>(bytes[0])));
    }
    if ((descriptor.control & kSelfRelative) == 0) {
        return malformed("it is not self-relative");
    }
    const auto owner = parseSidAt(bytes, kOwnerAt, descriptor.owner);
    if (!owner.ok()) {
        return owner.error();
    }
    const auto group = parseSidAt(bytes, kGroupAt, descriptor.group);
    if (!group.ok()) {
        return group.error();
    }
    const auto sacl =
        parseAclAt(bytes, kSaclAt, (descriptor.control & kSaclPresent) != 0, descriptor.sacl);
    if (!sacl.ok()) {
        return sacl.error();
    }
    const auto dacl =
        parseAclAt(bytes, kDaclAt, (descriptor.control & kDaclPresent) != 0, descriptor.dacl);
    if (!dacl.ok()) {
        return dacl.error();
    }
    if (anyOverlap({owner.value(), group.value(), sacl.value(), dacl.value()})) {
        return malformed("two parts share bytes");
    }
    return descriptor;
}

base::Result<std::vector<uint8_t>> buildSecurityDescriptor(const SecurityDescriptor& descriptor) {
    std::vector<uint8_t> bytes = {1, descriptor.resource_manager};
    const int present = (descriptor.dacl ? kDaclPresent : 0) | (descriptor.sacl ? kSaclPresent : 0);
    const int control = (descriptor.control & ~(kDaclPresent | kSaclPresent)) | kSelfRelative;
    append16(bytes, static_cast<uint16_t>(control | present));
    bytes.resize(SecurityDescriptor::kHeaderBytes);
    appendSid(bytes, kOwnerAt, descriptor.owner);
    appendSid(bytes, kGroupAt, descriptor.group);
    EVD_TRY(appendAcl(bytes, kSaclAt, descriptor.sacl));
    EVD_TRY(appendAcl(bytes, kDaclAt, descriptor.dacl));
    if (bytes.size() > SecurityDescriptor::kBytesMax) {
        return malformed(base::cat("it would take ", bytes.size(), " bytes"));
    }
    return bytes;
}

}  // namespace evd::access
