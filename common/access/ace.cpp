#include "common/access/ace.h"

#include "common/access/access_mask.h"
#include "common/access/claims.h"
#include "common/access/little_endian.h"
#include "common/access/well_known_sids.h"
#include "common/base/text.h"

#include <array>

namespace evd::access {

namespace {

constexpr size_t kHeaderBytes = 4;
constexpr size_t kMaskAt = 4;
constexpr size_t kSidAt = 8;
constexpr size_t kObjectFlagsAt = 8;
constexpr size_t kObjectFieldsAt = 12;
constexpr size_t kGuidBytes = 16;
constexpr size_t kBytesMin = 16;        // header, mask, the smallest SID
constexpr size_t kObjectBytesMin = 20;  // and the object flags
constexpr uint32_t kObjectTypePresent = 1;
constexpr uint32_t kInheritedTypePresent = 2;

constexpr std::array<AceShape, 0x15> kShapes = {
    AceShape::SingleSid,          // 00 allowed
    AceShape::SingleSid,          // 01 denied
    AceShape::SingleSid,          // 02 audit
    AceShape::SingleSid,          // 03 alarm
    AceShape::Opaque,             // 04 compound, never implemented
    AceShape::Object,             // 05 allowed object
    AceShape::Object,             // 06 denied object
    AceShape::Object,             // 07 audit object
    AceShape::Object,             // 08 alarm object
    AceShape::Callback,           // 09 allowed callback
    AceShape::Callback,           // 0a denied callback
    AceShape::CallbackObject,     // 0b allowed callback object
    AceShape::CallbackObject,     // 0c denied callback object
    AceShape::Callback,           // 0d audit callback
    AceShape::Callback,           // 0e alarm callback
    AceShape::CallbackObject,     // 0f audit callback object
    AceShape::CallbackObject,     // 10 alarm callback object
    AceShape::SingleSid,          // 11 mandatory label
    AceShape::ResourceAttribute,  // 12 resource attribute
    AceShape::SingleSid,          // 13 scoped policy
    AceShape::SingleSid,          // 14 process trust label
};

base::Error malformed(std::string_view what) {
    return base::fail(base::ErrorKind::Invalid, base::cat("malformed ACE: ", what));
}

bool hasObjectFields(AceShape shape) {
    return shape == AceShape::Object || shape == AceShape::CallbackObject;
}

bool hasApplicationData(AceShape shape) {
    return shape == AceShape::Callback || shape == AceShape::CallbackObject ||
           shape == AceShape::ResourceAttribute;
}

base::Result<std::optional<base::Guid>> takeGuid(std::span<const uint8_t> bytes, bool present,
                                                 size_t& at) {
    if (!present) {
        return std::optional<base::Guid>();
    }
    if (bytes.size() < at + kGuidBytes) {
        return malformed("a GUID is cut off");
    }
    const auto guid = base::guidFromBytes(bytes.subspan(at, kGuidBytes));
    at += kGuidBytes;
    return std::optional<base::Guid>(guid.value());
}

// The object flags and the GUIDs they announce; `at` moves to the SID.
base::Result<void> parseObjectFields(std::span<const uint8_t> bytes, Ace& ace, size_t& at) {
    const uint32_t object_flags = load32(bytes, kObjectFlagsAt);
    ace.unknown_object_flags = object_flags & ~(kObjectTypePresent | kInheritedTypePresent);
    at = kObjectFieldsAt;
    auto type = takeGuid(bytes, (object_flags & kObjectTypePresent) != 0, at);
    if (!type.ok()) {
        return type.error();
    }
    auto inherited = takeGuid(bytes, (object_flags & kInheritedTypePresent) != 0, at);
    if (!inherited.ok()) {
        return inherited.error();
    }
    ace.object_type = type.value();
    ace.inherited_object_type = inherited.value();
    return {};
}

base::Result<void> parseBody(std::span<const uint8_t> bytes, Ace& ace) {
    const AceShape shape = shapeOf(ace.type);
    if (bytes.size() < (hasObjectFields(shape) ? kObjectBytesMin : kBytesMin)) {
        return malformed("too short for its type");
    }
    ace.mask = load32(bytes, kMaskAt);
    if (ace.type != kAceMandatoryLabel) {
        EVD_TRY(checkAceMask(ace.mask));
    }
    size_t at = kSidAt;
    if (hasObjectFields(shape)) {
        EVD_TRY(parseObjectFields(bytes, ace, at));
    }
    const auto rest = bytes.subspan(at);
    const auto sid = hasApplicationData(shape) ? Sid::parsePrefix(rest) : Sid::parse(rest);
    if (!sid.ok()) {
        return sid.error();
    }
    ace.sid = sid.value();
    const auto data = rest.subspan(ace.sid.size());
    ace.application_data.assign(data.begin(), data.end());
    if (shape != AceShape::ResourceAttribute) {
        return {};
    }
    if (ace.sid != sids::kEveryone) {
        return malformed("a resource attribute that does not name Everyone");
    }
    const auto claim = parseClaimEntry(ace.application_data);
    return claim.ok() ? base::Result<void>() : claim.error();
}

void appendBody(std::vector<uint8_t>& out, const Ace& ace) {
    append32(out, ace.mask);
    if (hasObjectFields(shapeOf(ace.type))) {
        append32(out, ace.unknown_object_flags | (ace.object_type ? kObjectTypePresent : 0) |
                          (ace.inherited_object_type ? kInheritedTypePresent : 0));
        if (ace.object_type) {
            appendBytes(out, ace.object_type->bytes);
        }
        if (ace.inherited_object_type) {
            appendBytes(out, ace.inherited_object_type->bytes);
        }
    }
    appendBytes(out, ace.sid.bytes());
    appendBytes(out, ace.application_data);
}

}  // namespace

AceShape shapeOf(uint8_t ace_type) {
    return ace_type < kShapes.size() ? kShapes[ace_type] : AceShape::Opaque;
}

bool isAllowAce(uint8_t ace_type) {
    return ace_type == kAceAllowed || ace_type == kAceAllowedObject ||
           ace_type == kAceAllowedCallback || ace_type == kAceAllowedCallbackObject;
}

bool isAccessAce(uint8_t ace_type) {
    return isAllowAce(ace_type) || ace_type == kAceDenied || ace_type == kAceDeniedObject ||
           ace_type == kAceDeniedCallback || ace_type == kAceDeniedCallbackObject;
}

bool isConditionalAce(uint8_t ace_type) {
    const AceShape shape = shapeOf(ace_type);
    return shape == AceShape::Callback || shape == AceShape::CallbackObject;
}

base::Result<ParsedAce> parseAcePrefix(std::span<const uint8_t> bytes) {
    if (bytes.size() < kHeaderBytes) {
        return malformed("the header is cut off");
    }
    const size_t size = load16(bytes, 2);
    if (size < kHeaderBytes || size % 4 != 0) {
        return malformed(base::cat("size ", size));
    }
    if (bytes.size() < size) {
        return malformed("longer than its ACL");
    }
    ParsedAce parsed;
    parsed.bytes = size;
    parsed.ace.type = bytes[0];
    parsed.ace.flags = bytes[1];
    const auto own = bytes.first(size);
    if (shapeOf(parsed.ace.type) == AceShape::Opaque) {
        const auto body = own.subspan(kHeaderBytes);
        parsed.ace.opaque_body.assign(body.begin(), body.end());
        return parsed;
    }
    EVD_TRY(parseBody(own, parsed.ace));
    return parsed;
}

base::Result<void> appendAce(std::vector<uint8_t>& out, const Ace& ace) {
    std::vector<uint8_t> bytes = {ace.type, ace.flags, 0, 0};
    if (shapeOf(ace.type) == AceShape::Opaque) {
        appendBytes(bytes, ace.opaque_body);
    } else {
        appendBody(bytes, ace);
    }
    while (hasApplicationData(shapeOf(ace.type)) && bytes.size() % 4 != 0) {
        bytes.push_back(0);
    }
    if (bytes.size() > Ace::kBytesMax) {
        return malformed(base::cat("an ACE of ", bytes.size(), " bytes is too long"));
    }
    bytes[2] = static_cast<uint8_t>(bytes.size());
    bytes[3] = static_cast<uint8_t>(bytes.size() >> 8);
    const auto parsed = parseAcePrefix(bytes);
    if (!parsed.ok()) {
        return parsed.error();
    }
    appendBytes(out, bytes);
    return {};
}

}  // namespace evd::access
