#include "common/access/claim_builder.h"

#include "common/access/little_endian.h"
#include "common/access/utf16.h"
#include "common/base/text.h"

namespace evd::access {

namespace {

constexpr size_t kNameOffsetAt = 0;
constexpr size_t kOffsetsAt = 16;

void append(std::vector<uint8_t>& out, uint16_t type, const std::vector<uint8_t>& value) {
    if (type == kClaimOctets) {
        append32(out, static_cast<uint32_t>(value.size()));
    }
    appendBytes(out, value);
    if (type == kClaimString) {
        append16(out, 0);
    }
}

// These stand behind a u32 that says where they are; numbers stand at their offset.
bool isIndirect(uint16_t type) {
    return type == kClaimString || type == kClaimSid || type == kClaimOctets;
}

}  // namespace

base::Result<std::vector<uint8_t>> buildClaimEntry(const NewClaim& claim) {
    const auto name = utf16FromUtf8(claim.name);
    if (!name) {
        return base::fail(base::ErrorKind::Invalid, "the name of a claim is no UTF-8");
    }
    std::vector<uint8_t> out;
    append32(out, 0);
    append16(out, claim.type);
    append16(out, 0);
    append32(out, claim.flags);
    append32(out, static_cast<uint32_t>(claim.values.size()));
    out.resize(kOffsetsAt + 4 * claim.values.size());
    store32(out, kNameOffsetAt, static_cast<uint32_t>(out.size()));
    appendBytes(out, *name);
    append16(out, 0);
    for (size_t index = 0; index < claim.values.size(); ++index) {
        store32(out, kOffsetsAt + 4 * index, static_cast<uint32_t>(out.size()));
        if (isIndirect(claim.type)) {
            append32(out, static_cast<uint32_t>(out.size() + 4));
        }
        append(out, claim.type, claim.values[index]);
    }
    const auto parsed = parseClaimEntry(out);
    if (!parsed.ok()) {
        return parsed.error();
    }
    if (parsed.value().name != claim.name) {
        return base::fail(base::ErrorKind::Invalid, "the name of a claim holds a zero");
    }
    return out;
}

base::Result<std::vector<uint8_t>> buildClaimArray(const std::vector<NewClaim>& claims) {
    std::vector<uint8_t> out;
    for (const NewClaim& claim : claims) {
        const auto entry = buildClaimEntry(claim);
        if (!entry.ok()) {
            return entry;
        }
        append32(out, static_cast<uint32_t>(entry.value().size()));
        appendBytes(out, entry.value());
    }
    return out;
}

}  // namespace evd::access
