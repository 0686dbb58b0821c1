#include "queryd/evctl/what_if.h"

#include "common/access/access_check.h"
#include "common/base/text.h"

#include <limits>
#include <nlohmann/json.hpp>

namespace evd::evctl {

namespace {

using access::SidAndAttributes;
using Json = nlohmann::json;
using base::ErrorKind;
using base::Result;

constexpr int kNodeAllowed = 0;
constexpr int kNodeDenied = -13;  // -EACCES, as kacs_access_check_list reports it
constexpr uint32_t kNumberMax = std::numeric_limits<uint32_t>::max();
constexpr size_t kLocalClaimsBytesMax = 65'536;  // of kacs_access_check_list

// A line we cannot read, in contrast to a question the check refuses.
base::Error unreadable(std::string text) {
    return base::fail(ErrorKind::Unsupported, std::move(text));
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

Result<std::vector<uint8_t>> bytesOf(const Json& object, const char* name) {
    const Json* found = member(object, name);
    if (found == nullptr) {
        return std::vector<uint8_t>();
    }
    const auto text = textOf(*found, name);
    if (!text.ok()) {
        return text.error();
    }
    auto bytes = base::decodeHex(text.value());
    return bytes.ok() ? std::move(bytes) : unreadable(base::cat("\"", name, "\" is no hex"));
}

Result<void> takeClaims(const Json& object, const char* name, access::ClaimSet& claims) {
    auto bytes = bytesOf(object, name);
    if (!bytes.ok()) {
        return bytes.error();
    }
    auto parsed = access::ClaimSet::parse(std::move(bytes).value());
    if (!parsed.ok()) {
        return parsed.error();
    }
    claims = std::move(parsed).value();
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

Result<access::Token> tokenOf(const Json& question) {
    const Json* object = member(question, "token");
    if (object == nullptr || !object->is_object()) {
        return unreadable("there is no \"token\"");
    }
    access::Token token;
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
    EVD_TRY(takeClaims(*object, "user_claims", token.user_claims));
    EVD_TRY(takeClaims(*object, "device_claims", token.device_claims));
    return token;
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

Result<std::optional<access::ObjectTree>> treeOf(const Json& question) {
    const Json* found = member(question, "tree");
    if (found == nullptr) {
        return std::optional<access::ObjectTree>();
    }
    if (!found->is_array()) {
        return unreadable("\"tree\" is no list");
    }
    std::vector<access::ObjectTreeNode> nodes;
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
        nodes.push_back({static_cast<uint16_t>(level), guid.value()});
    }
    auto tree = access::ObjectTree::make(std::move(nodes));
    if (!tree.ok()) {
        return tree.error();
    }
    return std::optional<access::ObjectTree>(std::move(tree).value());
}

Result<access::SecurityDescriptor> descriptorOf(const Json& question) {
    if (member(question, "sd") == nullptr) {
        return unreadable("there is no \"sd\"");
    }
    const auto bytes = bytesOf(question, "sd");
    if (!bytes.ok()) {
        return bytes.error();
    }
    return access::parseSecurityDescriptor(bytes.value());
}

Result<access::ClaimSet> localClaimsOf(const Json& question) {
    access::ClaimSet claims;
    const auto bytes = bytesOf(question, "local_claims");
    if (bytes.ok() && bytes.value().size() > kLocalClaimsBytesMax) {
        return base::fail(ErrorKind::Invalid, "too many bytes of local claims");
    }
    EVD_TRY(takeClaims(question, "local_claims", claims));
    return claims;
}

Result<void> takeRequest(const Json& question, access::AccessQuestion& asked) {
    if (member(question, "desired") == nullptr) {
        return unreadable("there is no \"desired\"");
    }
    EVD_TRY(takeNumber(question, "desired", asked.desired));
    std::array<uint32_t, 4> rights = {asked.mapping.read, asked.mapping.write,
                                      asked.mapping.execute, asked.mapping.all};
    EVD_TRY(takeNumbers(question, "mapping", rights));
    asked.mapping = {rights[0], rights[1], rights[2], rights[3]};
    EVD_TRY(takeSid(question, "self_sid", asked.self_sid));
    EVD_TRY(takeNumber(question, "privilege_intent", asked.privilege_intent));
    std::array<uint32_t, 2> trust = {};
    EVD_TRY(takeNumbers(question, "pip", trust));
    asked.caller_trust = {trust[0], trust[1]};
    return {};
}

// What of the question the check refuses is found only after all of it could be read.
Result<access::AccessVerdict> ask(const Json& question) {
    const auto descriptor = descriptorOf(question);
    const auto token = tokenOf(question);
    const auto tree = treeOf(question);
    const auto local_claims = localClaimsOf(question);
    access::AccessQuestion asked;
    EVD_TRY(takeRequest(question, asked));
    for (const base::Error* error :
         {descriptor.ok() ? nullptr : &descriptor.error(), token.ok() ? nullptr : &token.error(),
          tree.ok() ? nullptr : &tree.error(),
          local_claims.ok() ? nullptr : &local_claims.error()}) {
        if (error != nullptr && error->kind == ErrorKind::Unsupported) {
            return *error;
        }
    }
    if (!descriptor.ok() || !token.ok() || !tree.ok() || !local_claims.ok()) {
        return base::fail(ErrorKind::Invalid, "malformed");
    }
    asked.descriptor = &descriptor.value();
    asked.token = &token.value();
    asked.tree = tree.value() ? &*tree.value() : nullptr;
    asked.local_claims = local_claims.value().claims();
    return access::checkAccess(asked);
}

std::string written(const nlohmann::ordered_json& answer) {
    return answer.dump(-1, ' ', /*ensure_ascii=*/false,
                       nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace

std::string answerWhatIf(std::string_view line, uint64_t line_number) {
    const Json question = Json::parse(line, nullptr, /*allow_exceptions=*/false);
    const auto verdict = question.is_object()
                             ? ask(question)
                             : Result<access::AccessVerdict>(unreadable("not a JSON object"));
    nlohmann::ordered_json answer;
    if (!verdict.ok()) {
        const bool refused = verdict.error().kind != ErrorKind::Unsupported;
        answer["error"] =
            refused ? std::string(access::errnoNameOf(verdict.error())) : verdict.error().text;
        if (!refused) {
            answer["line"] = line_number;
        }
        return written(answer);
    }
    answer["granted"] = verdict.value().granted;
    answer["allowed"] = verdict.value().allowed;
    for (const access::NodeVerdict& node : verdict.value().nodes) {
        nlohmann::ordered_json entry;
        entry["granted"] = node.granted;
        entry["status"] = node.allowed ? kNodeAllowed : kNodeDenied;
        answer["nodes"].push_back(std::move(entry));
    }
    return written(answer);
}

}  // namespace evd::evctl
