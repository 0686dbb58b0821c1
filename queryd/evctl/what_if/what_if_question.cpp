#include "queryd/evctl/what_if/what_if_question.h"

#include "common/base/text.h"

#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <span>
#include <string>

namespace evd::evctl {

namespace {

using access::SidAndAttributes;
using Json = nlohmann::json;
using base::Result;

constexpr uint32_t kNumberMax = std::numeric_limits<uint32_t>::max();

base::Error unreadable(std::string text) {
    return base::fail(base::ErrorKind::Invalid, std::move(text));
}

// The member of that name; null counts as absent.
const Json* member(const Json& object, const char* name) {
    const auto at = object.find(name);
    return at == object.end() || at->is_null() ? nullptr : &*at;
}

// What an absent key leaves as it is; every take*() below works so.
Result<void> takeNumber(const Json& object, const char* name, uint64_t most, uint64_t& number) {
    const Json* found = member(object, name);
    if (found == nullptr) {
        return {};
    }
    if (!found->is_number_unsigned() || found->get<uint64_t>() > most) {
        return unreadable(base::cat("\"", name, "\" is no number from 0 to ", most));
    }
    number = found->get<uint64_t>();
    return {};
}

Result<void> takeNumber(const Json& object, const char* name, uint32_t& number) {
    uint64_t wide = number;
    EVD_TRY(takeNumber(object, name, kNumberMax, wide));
    number = static_cast<uint32_t>(wide);
    return {};
}

Result<void> takeFlag(const Json& object, const char* name, bool& flag) {
    const Json* found = member(object, name);
    if (found == nullptr) {
        return {};
    }
    if (!found->is_boolean()) {
        return unreadable(base::cat("\"", name, "\" is not true or false"));
    }
    flag = found->get<bool>();
    return {};
}

Result<std::string> textOf(const Json& value, const char* name) {
    if (!value.is_string()) {
        return unreadable(base::cat("\"", name, "\" is no text"));
    }
    return value.get<std::string>();
}

Result<access::Sid> sidOf(const Json& value, const char* name) {
    const auto text = textOf(value, name);
    if (!text.ok()) {
        return text.error();
    }
    auto sid = access::Sid::parseText(text.value());
    return sid.ok() ? sid : unreadable(base::cat("\"", name, "\": ", sid.error().text));
}

Result<void> takeSid(const Json& object, const char* name, std::optional<access::Sid>& sid) {
    const Json* found = member(object, name);
    if (found == nullptr) {
        return {};
    }
    const auto parsed = sidOf(*found, name);
    if (!parsed.ok()) {
        return parsed.error();
    }
    sid = parsed.value();
    return {};
}

Result<void> takeBytes(const Json& object, const char* name, std::vector<uint8_t>& bytes) {
    const Json* found = member(object, name);
    if (found == nullptr) {
        return {};
    }
    const auto text = textOf(*found, name);
    if (!text.ok()) {
        return text.error();
    }
    auto decoded = base::decodeHex(text.value());
    if (!decoded.ok()) {
        return unreadable(base::cat("\"", name, "\" is no hex"));
    }
    bytes = std::move(decoded).value();
    return {};
}

Result<void> takeSids(const Json& object, const char* name, std::vector<SidAndAttributes>& sids) {
    const Json* found = member(object, name);
    if (found == nullptr) {
        return {};
    }
    if (!found->is_array()) {
        return unreadable(base::cat("\"", name, "\" is no list"));
    }
    for (const Json& entry : *found) {
        const Json* text = entry.is_object() ? member(entry, "sid") : nullptr;
        if (text == nullptr) {
            return unreadable(base::cat("an entry of \"", name, "\" has no \"sid\""));
        }
        const auto sid = sidOf(*text, name);
        if (!sid.ok()) {
            return sid.error();
        }
        SidAndAttributes taken{sid.value(), access::kGroupEnabled};
        EVD_TRY(takeNumber(entry, "attributes", taken.attributes));
        sids.push_back(taken);
    }
    return {};
}

Result<void> takeLevels(const Json& object, access::Token& token) {
    EVD_TRY(
        takeNumber(object, "privileges", std::numeric_limits<uint64_t>::max(), token.privileges));
    EVD_TRY(takeNumber(object, "integrity", token.integrity));
    EVD_TRY(takeNumber(object, "mandatory_policy", token.mandatory_policy));
    uint64_t level = static_cast<uint64_t>(token.impersonation_level);
    EVD_TRY(takeNumber(object, "impersonation_level",
                       static_cast<uint64_t>(access::ImpersonationLevel::Delegation), level));
    token.impersonation_level = static_cast<access::ImpersonationLevel>(level);
    return {};
}

Result<void> takeToken(const Json& line, WhatIfQuestion& question) {
    const Json* object = member(line, "token");
    if (object == nullptr || !object->is_object()) {
        return unreadable("there is no \"token\"");
    }
    access::Token& token = question.token;
    std::optional<access::Sid> user;
    EVD_TRY(takeSid(*object, "user", user));
    if (!user) {
        return unreadable("the token has no \"user\"");
    }
    token.user = *user;
    EVD_TRY(takeFlag(*object, "user_deny_only", token.user_deny_only));
    EVD_TRY(takeSids(*object, "groups", token.groups));
    EVD_TRY(takeLevels(*object, token));
    EVD_TRY(takeSids(*object, "restricted_sids", token.restricted_sids));
    EVD_TRY(takeFlag(*object, "write_restricted", token.write_restricted));
    EVD_TRY(takeSids(*object, "device_groups", token.device_groups));
    EVD_TRY(takeSids(*object, "restricted_device_groups", token.restricted_device_groups));
    EVD_TRY(takeSid(*object, "confinement_sid", token.confinement_sid));
    EVD_TRY(takeSids(*object, "capabilities", token.capabilities));
    EVD_TRY(takeFlag(*object, "confinement_exempt", token.confinement_exempt));
    EVD_TRY(takeBytes(*object, "user_claims", question.user_claims));
    return takeBytes(*object, "device_claims", question.device_claims);
}

// A list of exactly so many numbers of 32 bits.
Result<void> takeNumbers(const Json& object, const char* name, std::span<uint32_t> numbers) {
    const Json* found = member(object, name);
    if (found == nullptr) {
        return {};
    }
    if (!found->is_array() || found->size() != numbers.size()) {
        return unreadable(base::cat("\"", name, "\" is no list of ", numbers.size(), " numbers"));
    }
    for (size_t index = 0; index < numbers.size(); ++index) {
        const Json& number = (*found)[index];
        if (!number.is_number_unsigned() || number.get<uint64_t>() > kNumberMax) {
            return unreadable(base::cat("\"", name, "\" holds what is no number of 32 bits"));
        }
        numbers[index] = number.get<uint32_t>();
    }
    return {};
}

Result<void> takeTree(const Json& line, WhatIfQuestion& question) {
    const Json* found = member(line, "tree");
    if (found == nullptr) {
        return {};
    }
    if (!found->is_array()) {
        return unreadable("\"tree\" is no list");
    }
    question.tree.emplace();
    for (const Json& entry : *found) {
        const Json* text = entry.is_object() ? member(entry, "guid") : nullptr;
        const auto guid = text != nullptr && text->is_string()
                              ? base::parseGuid(text->get<std::string>())
                              : unreadable("it is missing");
        if (!guid.ok()) {
            return unreadable(base::cat("the \"guid\" of a node: ", guid.error().text));
        }
        uint64_t level = 0;
        EVD_TRY(takeNumber(entry, "level", std::numeric_limits<uint16_t>::max(), level));
        question.tree->push_back({static_cast<uint16_t>(level), guid.value()});
    }
    return {};
}

Result<void> takeRequest(const Json& line, WhatIfQuestion& question) {
    for (const char* name : {"sd", "desired"}) {
        if (member(line, name) == nullptr) {
            return unreadable(base::cat("there is no \"", name, "\""));
        }
    }
    EVD_TRY(takeBytes(line, "sd", question.descriptor));
    EVD_TRY(takeNumber(line, "desired", question.desired));
    std::array<uint32_t, 4> rights = {question.mapping.read, question.mapping.write,
                                      question.mapping.execute, question.mapping.all};
    EVD_TRY(takeNumbers(line, "mapping", rights));
    question.mapping = {rights[0], rights[1], rights[2], rights[3]};
    EVD_TRY(takeSid(line, "self_sid", question.self_sid));
    EVD_TRY(takeBytes(line, "local_claims", question.local_claims));
    EVD_TRY(takeNumber(line, "privilege_intent", question.privilege_intent));
    std::array<uint32_t, 2> trust = {};
    EVD_TRY(takeNumbers(line, "pip", trust));
    question.caller_trust = {trust[0], trust[1]};
    return {};
}

}  // namespace

Result<WhatIfQuestion> readWhatIf(std::string_view line) {
    const Json object = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!object.is_object()) {
        return unreadable("not a JSON object");
    }
    WhatIfQuestion question;
    EVD_TRY(takeRequest(object, question));
    EVD_TRY(takeToken(object, question));
    EVD_TRY(takeTree(object, question));
    return question;
}

}  // namespace evd::evctl
