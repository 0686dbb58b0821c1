#include "queryd/access/kernel_authority.h"

#include "common/base/text.h"
#include "queryd/access/kernel_token.h"

#include <atomic>
#include <cerrno>
#include <string>
#include <utility>
#include <vector>

namespace evd::queryd {

namespace {

using access::FieldVerdict;
using access::ResolvedPattern;

class KernelAuthority final : public Authority {
  public:
    explicit KernelAuthority(const KacsCalls& calls) : calls_(calls) {}

    base::Result<Caller> identify(int connection_fd) const override {
        const int opened = calls_.openPeerToken(connection_fd);
        if (opened < 0) {
            return base::fail(base::ErrorKind::Denied,
                              base::cat("the kernel gives no token of the peer, errno ", -opened));
        }
        auto token = std::make_shared<const base::Fd>(opened);
        const auto facts = readKernelToken(calls_, token->get());
        if (!facts.ok()) {
            return facts.error();
        }
        Caller caller;
        caller.user_sid = facts.value().user.text();
        caller.system = facts.value().system;
        caller.administrator = facts.value().administrator;
        caller.kernel_token = std::move(token);
        // Nothing that can be read tells two tokens apart for certain (peios-abi D-11), so each
        // connection's is one of its own.
        caller.token_key = base::cat("kacs:", ++connections_);
        return caller;
    }

  private:
    const KacsCalls& calls_;
    mutable std::atomic<uint64_t> connections_ = 0;
};

constexpr int kAttempts = 2;

// -EIO, -ERANGE, -ENOMEM: peios-abi §3.8. The others would be the same the next time.
bool comesOfShortage(int outcome) {
    return outcome == -EIO || outcome == -ERANGE || outcome == -ENOMEM || outcome == -EINTR ||
           outcome == -EAGAIN;
}

bool isGranted(const access::KacsNodeResult& result) {
    return result.status == 0 && (result.granted & access::kEventdRead) == access::kEventdRead;
}

// What a kernel leaves untouched of the results is a denial.
int ask(const KacsCalls& calls, const access::KacsCheckArguments& arguments, size_t nodes,
        std::vector<access::KacsNodeResult>& results) {
    int outcome = 0;
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        results.assign(nodes, {0, -EACCES});
        outcome = calls.accessCheckList(arguments, results);
        if (!comesOfShortage(outcome)) {
            break;
        }
    }
    return outcome;
}

FieldVerdict verdictOf(const std::vector<access::KacsNodeResult>& results,
                       const access::FieldTree& tree) {
    FieldVerdict verdict;
    verdict.root = isGranted(results.front());
    verdict.by_field = true;
    verdict.fields.resize(tree.fieldCount());
    for (size_t field = 0; field < tree.fieldCount(); ++field) {
        const auto node = tree.nodeOf(field);
        verdict.fields[field] = node && isGranted(results[*node]);
    }
    return verdict;
}

}  // namespace

std::unique_ptr<Authority> makeKernelAuthority(const KacsCalls& calls) {
    return std::make_unique<KernelAuthority>(calls);
}

FieldVerdict KernelChecker::check(const Caller& caller, const RecordQuestion& question) const {
    if (question.pattern.answer != ResolvedPattern::Answer::Ask) {
        FieldVerdict verdict;
        verdict.root = question.pattern.answer == ResolvedPattern::Answer::Open;
        return verdict;
    }
    const auto descriptor = access::buildSecurityDescriptor(question.pattern.descriptor);
    if (caller.kernel_token == nullptr || !caller.kernel_token->valid() || !descriptor.ok()) {
        return {};
    }
    const std::vector<access::KacsTreeNode> nodes =
        access::kacsNodesOf(question.tree.tree().nodes());
    const std::string context = auditContext(question);
    access::KacsCheckArguments arguments;
    arguments.token_fd = caller.kernel_token->get();
    arguments.descriptor = reinterpret_cast<uint64_t>(descriptor.value().data());
    arguments.descriptor_bytes = static_cast<uint32_t>(descriptor.value().size());
    // Never GENERIC_READ: with READ_CONTROL in it, callers of Low integrity would get nothing.
    arguments.desired_access = access::kEventdRead;
    arguments.generic_read = access::kEventdMapping.read;
    arguments.generic_write = access::kEventdMapping.write;
    arguments.generic_execute = access::kEventdMapping.execute;
    arguments.generic_all = access::kEventdMapping.all;
    arguments.object_tree = reinterpret_cast<uint64_t>(nodes.data());
    arguments.object_tree_count = static_cast<uint32_t>(nodes.size());
    const auto claims = question.pattern.local_claims.bytes();
    arguments.local_claims = claims.empty() ? 0 : reinterpret_cast<uint64_t>(claims.data());
    arguments.local_claims_bytes = static_cast<uint32_t>(claims.size());
    arguments.audit_context = reinterpret_cast<uint64_t>(context.data());
    arguments.audit_context_bytes = static_cast<uint32_t>(context.size());
    std::vector<access::KacsNodeResult> results;
    const int outcome = ask(calls_, arguments, nodes.size(), results);
    if (outcome != 0) {
        FieldVerdict denied;
        denied.passing = comesOfShortage(outcome);
        return denied;
    }
    return verdictOf(results, question.tree);
}

}  // namespace evd::queryd
