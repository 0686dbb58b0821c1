#include "common/access/condition_text.h"
#include "common/access/sddl.h"
#include "common/access/sddl_claim.h"
#include "common/access/sddl_words.h"
#include "common/base/text.h"

namespace evd::access {

namespace {

using base::Result;

base::Error unprintable(const Ace& ace) {
    return base::fail(base::ErrorKind::Invalid,
                      base::cat("an ACE of type ", hexOf(ace.type), " and flags ", hexOf(ace.flags),
                                " has no SDDL"));
}

// GUIDs stand without braces in SDDL.
std::string printGuid(const std::optional<base::Guid>& guid) {
    if (!guid) {
        return {};
    }
    const std::string text = base::formatGuid(*guid);
    return text.substr(1, text.size() - 2);
}

Result<std::string> printPayload(const Ace& ace) {
    if (shapeOf(ace.type) == AceShape::ResourceAttribute) {
        auto claim = printSddlClaim(ace.application_data);
        return claim.ok() ? ";" + claim.value() : std::move(claim);
    }
    if (!isConditionalAce(ace.type)) {
        return std::string();
    }
    auto condition = printCondition(ace.application_data);
    return condition.ok() ? base::cat(";(", condition.value(), ')') : std::move(condition);
}

Result<std::string> printAcl(const Acl& acl, bool is_protected, bool required, bool inherited) {
    std::string out =
        base::cat(is_protected ? "P" : "", required ? "AR" : "", inherited ? "AI" : "");
    for (const Ace& ace : acl.aces) {
        const auto text = printSddlAce(ace);
        if (!text.ok()) {
            return text;
        }
        out += text.value();
    }
    return out;
}

}  // namespace

Result<std::string> printSddlAce(const Ace& ace) {
    const std::string_view type = wordOfAceType(ace.type);
    const auto flags = wordsOfAceFlags(ace.flags);
    if (type.empty() || !flags) {
        return unprintable(ace);
    }
    const auto payload = printPayload(ace);
    if (!payload.ok()) {
        return payload;
    }
    return base::cat('(', type, ';', *flags, ';',
                     wordsOfRights(ace.mask, ace.type == kAceMandatoryLabel), ';',
                     printGuid(ace.object_type), ';', printGuid(ace.inherited_object_type), ';',
                     wordOfSid(ace.sid), payload.value(), ')');
}

Result<std::string> printSddl(const SecurityDescriptor& descriptor) {
    std::string out;
    const auto control = [&](uint16_t bit) { return (descriptor.control & bit) != 0; };
    if (descriptor.owner) {
        out += "O:" + wordOfSid(*descriptor.owner);
    }
    if (descriptor.group) {
        out += "G:" + wordOfSid(*descriptor.group);
    }
    if (descriptor.dacl) {
        const auto acl = printAcl(*descriptor.dacl, control(kDaclProtected),
                                  control(kDaclAutoInheritRequired), control(kDaclAutoInherited));
        if (!acl.ok()) {
            return acl;
        }
        out += "D:" + acl.value();
    } else {
        // Saying nothing would mean the same, but nobody would see that everything is granted.
        out += "D:NO_ACCESS_CONTROL";
    }
    if (descriptor.sacl) {
        const auto acl = printAcl(*descriptor.sacl, control(kSaclProtected),
                                  control(kSaclAutoInheritRequired), control(kSaclAutoInherited));
        if (!acl.ok()) {
            return acl;
        }
        out += "S:" + acl.value();
    }
    return out;
}

}  // namespace evd::access
