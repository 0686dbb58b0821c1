#include "queryd/evctl/descriptor_words.h"

#include "common/access/access_mask.h"
#include "common/access/condition_text.h"
#include "common/access/sacl_facts.h"
#include "common/access/sddl_claim.h"
#include "common/access/sddl_words.h"
#include "common/access/well_known_sids.h"
#include "common/base/text.h"
#include "queryd/evctl/output/plain_text.h"

#include <array>

namespace evd::evctl {

namespace {

using access::Ace;

struct MaskWord {
    uint32_t bits;
    std::string_view word;
};

constexpr std::array kRightWords = {
    MaskWord{access::kGenericAll, "everything"},
    MaskWord{access::kGenericRead, "generic read"},
    MaskWord{access::kGenericWrite, "generic write"},
    MaskWord{access::kGenericExecute, "generic execute"},
    MaskWord{access::kEventdRead, "read"},
    MaskWord{access::kEventdClear, "clear"},
    MaskWord{access::kEventdPublish, "publish"},
    MaskWord{access::kDelete, "delete"},
    MaskWord{access::kReadControl, "read the descriptor"},
    MaskWord{access::kWriteDac, "change the rules"},
    MaskWord{access::kWriteOwner, "change the owner"},
    MaskWord{access::kSynchronize, "synchronize"},
    MaskWord{access::kAccessSystemSecurity, "read and change the SACL"},
};

constexpr std::array kLabelWords = {
    MaskWord{access::kLabelNoReadUp, "reading"},
    MaskWord{access::kLabelNoWriteUp, "writing"},
    MaskWord{access::kLabelNoExecuteUp, "executing"},
};

// Spec §13.1: the field GUIDs of PSD-008 are made from the names in this namespace.
constexpr std::string_view kFieldNamespace = "{e7d3a1b0-5c2f-4e8a-9b1d-0a6f3c8e2d4b}";

constexpr std::array<std::string_view, 16> kFieldNames = {"timestamp",
                                                          "cpu_id",
                                                          "sequence",
                                                          "origin_class",
                                                          "event_type",
                                                          "effective_token_guid",
                                                          "true_token_guid",
                                                          "process_guid",
                                                          "boot_id",
                                                          "origin",
                                                          "is_error",
                                                          "message",
                                                          "job_id",
                                                          "name",
                                                          "type",
                                                          "value"};

struct RootWord {
    std::string_view guid;
    std::string_view word;
};

constexpr std::array kRoots = {
    RootWord{"{a1b2c3d4-0001-4000-8000-000000000001}", "events as a whole"},
    RootWord{"{a1b2c3d4-0001-4000-8000-000000000002}", "logs as a whole"},
    RootWord{"{a1b2c3d4-0001-4000-8000-000000000003}", "metrics as a whole"},
};

template <typename Words>
std::string wordsOf(const Words& words, uint32_t mask) {
    std::string out;
    const auto add = [&](std::string_view word) {
        out += base::cat(out.empty() ? "" : ", ", word);
    };
    for (const MaskWord& known : words) {
        if ((mask & known.bits) != 0) {
            add(known.word);
            mask &= ~known.bits;
        }
    }
    if (mask != 0) {
        add(access::hexOf(mask));
    }
    return out.empty() ? "nothing" : out;
}

std::string wordsOfSid(const access::Sid& sid) {
    const std::string_view name = access::nameOfSid(sid);
    return name.empty() ? sid.text() : base::cat(name, " (", sid.text(), ')');
}

std::string wordsOfPart(const base::Guid& guid) {
    const std::string text = base::formatGuid(guid);
    for (const RootWord& root : kRoots) {
        if (text == root.guid) {
            return std::string(root.word);
        }
    }
    const auto name_space = base::parseGuid(kFieldNamespace);
    for (const std::string_view name : kFieldNames) {
        if (base::nameGuid(name_space.value(), name) == guid) {
            return base::cat("the field ", name);
        }
    }
    return "the field " + text;
}

std::string wordsOfCondition(const Ace& ace) {
    const auto shape = access::shapeOf(ace.type);
    if (shape != access::AceShape::Callback && shape != access::AceShape::CallbackObject) {
        return {};
    }
    const auto text = access::printCondition(ace.application_data);
    return text.ok() ? base::cat(", if ", printable(text.value()))
                     : base::cat(", under a condition that has no text (", text.error().text, ')');
}

std::string wordsOfAudit(const Ace& ace, std::string_view verb) {
    const bool success = (ace.flags & access::kAceAuditSuccess) != 0;
    const bool failure = (ace.flags & access::kAceAuditFailure) != 0;
    const std::string_view when = success && failure ? "granted and denied"
                                  : success          ? "granted"
                                  : failure          ? "denied"
                                                     : "no";
    return base::cat(verb, ' ', when, " access of ");
}

// What an ACE with a SID and rights does, up to the SID.
std::string verbOf(const Ace& ace) {
    if (access::isAccessAce(ace.type)) {
        return access::isAllowAce(ace.type) ? "allow " : "deny ";
    }
    const bool alarm = ace.type == access::kAceAlarm || ace.type == access::kAceAlarmObject ||
                       ace.type == access::kAceAlarmCallback ||
                       ace.type == access::kAceAlarmCallbackObject;
    return alarm ? "audit every use by " : wordsOfAudit(ace, "audit");
}

std::string wordsOfSpecialAce(const Ace& ace) {
    if (ace.type == access::kAceMandatoryLabel) {
        return base::cat("integrity ", wordsOfSid(ace.sid), "; below it no ",
                         wordsOf(kLabelWords, ace.mask));
    }
    if (ace.type == access::kAceProcessTrustLabel) {
        return base::cat("trust ", ace.sid.text(),
                         "; below it only: ", wordsOf(kRightWords, ace.mask));
    }
    if (ace.type == access::kAceScopedPolicy) {
        return base::cat("central policy ", ace.sid.text());
    }
    if (ace.type == access::kAceResourceAttribute) {
        const auto claim = access::printSddlClaim(ace.application_data);
        return base::cat("attribute ", claim.ok() ? printable(claim.value()) : claim.error().text);
    }
    return base::cat("a rule of unknown type ", access::hexOf(ace.type), ", which is ignored");
}

std::string wordsOfAce(const Ace& ace) {
    const bool special = ace.type >= access::kAceMandatoryLabel ||
                         access::shapeOf(ace.type) == access::AceShape::Opaque;
    std::string out =
        special ? wordsOfSpecialAce(ace)
                : base::cat(verbOf(ace), wordsOfSid(ace.sid), ": ", wordsOf(kRightWords, ace.mask));
    if (ace.object_type) {
        out += " of " + wordsOfPart(*ace.object_type);
    }
    out += wordsOfCondition(ace);
    if (ace.inheritOnly()) {
        out += " (only to be inherited; it does nothing here)";
    }
    return out;
}

std::string wordsOfAces(const access::Acl& acl) {
    std::string out;
    for (size_t index = 0; index < acl.aces.size(); ++index) {
        out += base::cat("  ", index + 1, ". ", wordsOfAce(acl.aces[index]), '\n');
    }
    return out;
}

std::string wordsOfDacl(const std::optional<access::Acl>& dacl) {
    if (!dacl) {
        return "No rules: everybody may do everything.\n";
    }
    if (dacl->aces.empty()) {
        return "Rules: none; nobody may do anything, except what owners always may.\n";
    }
    return "Rules, first to last; whichever decides a right first has the say:\n" +
           wordsOfAces(*dacl);
}

}  // namespace

std::string explainDescriptor(const access::SecurityDescriptor& descriptor) {
    std::string out = base::cat(
        "Owner: ",
        descriptor.owner ? wordsOfSid(*descriptor.owner) : "none; every check against it fails",
        '\n');
    if (descriptor.group) {
        out += base::cat("Group: ", wordsOfSid(*descriptor.group), '\n');
    }
    out += wordsOfDacl(descriptor.dacl);
    if (descriptor.sacl && !descriptor.sacl->aces.empty()) {
        out += "System rules:\n" + wordsOfAces(*descriptor.sacl);
    }
    return out;
}

}  // namespace evd::evctl
