#pragma once

#include "common/access/access_check.h"
#include "common/access/little_endian.h"
#include "common/base/check.h"
#include "queryd/access/kacs_calls.h"

#include <fcntl.h>
#include <cerrno>
#include <deque>
#include <map>
#include <string>
#include <vector>

namespace evd::test {

inline std::vector<uint8_t> sidListBytes(const std::vector<access::SidAndAttributes>& list) {
    std::vector<uint8_t> bytes;
    access::append32(bytes, static_cast<uint32_t>(list.size()));
    for (const auto& entry : list) {
        access::append32(bytes, static_cast<uint32_t>(entry.sid.size()));
        access::appendBytes(bytes, entry.sid.bytes());
        access::append32(bytes, entry.attributes);
    }
    return bytes;
}

// A kernel that says what a test wants, and remembers what it was asked. Checks are answered by the
// reference check on `token` over the very bytes it was given, unless outcomes are scripted.
class FakeKacs final : public queryd::KacsCalls {
  public:
    access::Token token;
    int open_outcome = 0;                          // negative: the errno of openPeerToken
    std::map<queryd::TokenFact, int> fact_errors;  // negative errnos
    std::map<queryd::TokenFact, std::vector<uint8_t>> facts;
    mutable std::deque<int> check_outcomes;  // of the next checks; then the reference check
    bool is_silent = false;                  // says 0 and writes no result

    struct Check {
        access::KacsCheckArguments arguments;
        std::string context;
        std::vector<access::KacsTreeNode> nodes;
    };
    mutable std::vector<Check> checks;
    mutable int opened = 0;
    mutable int last_descriptor = -1;

    // The facts of a token for which nothing else is scripted.
    FakeKacs& is(access::Token who) {
        using queryd::TokenFact;
        token = std::move(who);
        facts[TokenFact::User] = {token.user.bytes().begin(), token.user.bytes().end()};
        facts[TokenFact::Groups] = sidListBytes(token.groups);
        facts[TokenFact::RestrictedSids] = sidListBytes(token.restricted_sids);
        facts[TokenFact::ConfinementSid] = {};
        if (token.confinement_sid) {
            facts[TokenFact::ConfinementSid] = {token.confinement_sid->bytes().begin(),
                                                token.confinement_sid->bytes().end()};
        }
        std::vector<uint8_t> level;
        access::append32(level, static_cast<uint32_t>(token.impersonation_level));
        facts[TokenFact::ImpersonationLevel] = level;
        return *this;
    }

    int openPeerToken(int socket) const override {
        if (socket < 0) {
            return open_outcome == -ENOSYS ? -ENOSYS : -EBADF;
        }
        ++opened;
        return open_outcome < 0 ? open_outcome
                                : last_descriptor = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    }

    int queryToken(int, queryd::TokenFact fact, std::span<uint8_t> buffer) const override {
        if (const auto error = fact_errors.find(fact); error != fact_errors.end()) {
            return error->second;
        }
        const auto found = facts.find(fact);
        if (found == facts.end() || found->second.size() > buffer.size()) {
            return found == facts.end() ? -EINVAL : -ERANGE;
        }
        std::copy(found->second.begin(), found->second.end(), buffer.begin());
        return static_cast<int>(found->second.size());
    }

    int accessCheckList(const access::KacsCheckArguments& arguments,
                        std::span<access::KacsNodeResult> results) const override {
        if (arguments.descriptor == 0) {
            return check_outcomes.empty() ? -EINVAL : check_outcomes.front();
        }
        checks.push_back({arguments, contextOf(arguments), nodesOf(arguments)});
        if (!check_outcomes.empty()) {
            const int outcome = check_outcomes.front();
            check_outcomes.pop_front();
            return outcome;
        }
        return is_silent ? 0 : decide(arguments, results);
    }

  private:
    static std::string contextOf(const access::KacsCheckArguments& arguments) {
        const auto* bytes = reinterpret_cast<const char*>(arguments.audit_context);
        return {bytes, arguments.audit_context_bytes};
    }
    static std::vector<access::KacsTreeNode> nodesOf(const access::KacsCheckArguments& arguments) {
        const auto* nodes = reinterpret_cast<const access::KacsTreeNode*>(arguments.object_tree);
        return {nodes, nodes + arguments.object_tree_count};
    }
    int decide(const access::KacsCheckArguments& arguments,
               std::span<access::KacsNodeResult> results) const {
        const auto* bytes = reinterpret_cast<const uint8_t*>(arguments.descriptor);
        const auto descriptor =
            access::parseSecurityDescriptor({bytes, arguments.descriptor_bytes});
        std::vector<access::ObjectTreeNode> nodes;
        for (const access::KacsTreeNode& node : nodesOf(arguments)) {
            nodes.push_back({node.level, base::Guid{node.guid}});
        }
        const auto tree = access::ObjectTree::make(std::move(nodes));
        if (!descriptor.ok() || !tree.ok() || tree.value().size() != results.size()) {
            return -EINVAL;
        }
        access::AccessQuestion question;
        question.descriptor = &descriptor.value();
        question.token = &token;
        question.desired = arguments.desired_access;
        question.mapping = {arguments.generic_read, arguments.generic_write,
                            arguments.generic_execute, arguments.generic_all};
        question.tree = &tree.value();
        const auto* claims = reinterpret_cast<const uint8_t*>(arguments.local_claims);
        const auto local = access::ClaimSet::parse({claims, claims + arguments.local_claims_bytes});
        if (!local.ok()) {
            return -EINVAL;
        }
        question.local_claims = local.value().claims();
        const auto verdict = access::checkAccess(question);
        if (!verdict.ok()) {
            return access::errnoNameOf(verdict.error()) == "EACCES" ? -EACCES : -EINVAL;
        }
        for (size_t node = 0; node < results.size(); ++node) {
            const auto& answer = verdict.value().nodes[node];
            results[node] = {answer.granted, answer.allowed ? 0 : -EACCES};
        }
        return 0;
    }
};

}  // namespace evd::test
