#include "queryd/evctl/what_if/kernel_judge.h"

#include "common/base/fd.h"
#include "common/base/text.h"
#include "queryd/evctl/what_if/token_spec.h"

#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <limits>
#include <string_view>
#include <vector>

namespace evd::evctl {

namespace {

constexpr long kCreateToken = 1003;  // peios-abi §0.1
constexpr long kAccessCheck = 1023;

// No denial grants everything: where this is found after one, nothing was written.
constexpr uint32_t kUnwritten = std::numeric_limits<uint32_t>::max();

class ThisKernel final : public WhatIfKernel {
  public:
    int createToken(std::span<const uint8_t> spec) const override {
        return base::negativeErrno(::syscall(kCreateToken, spec.data(), spec.size()));
    }

    int64_t accessCheck(const access::KacsCheckArguments& arguments) const override {
        const int64_t outcome = ::syscall(kAccessCheck, &arguments);
        return outcome < 0 ? -errno : outcome;
    }

    int accessCheckList(const access::KacsCheckArguments& arguments,
                        std::span<access::KacsNodeResult> results) const override {
        return access::kacsCheckList(arguments, results);
    }
};

WhatIfAnswer refused(int64_t outcome) {
    const char* name = ::strerrorname_np(static_cast<int>(-outcome));
    WhatIfAnswer answer;
    answer.refusal = name != nullptr ? std::string(name) : base::cat("errno ", -outcome);
    return answer;
}

uint64_t addressOf(const void* data) {
    return reinterpret_cast<uint64_t>(data);
}

// A pointer and its length are both set or both zero.
void point(std::span<const uint8_t> bytes, uint64_t& address, uint32_t& length) {
    address = bytes.empty() ? 0 : addressOf(bytes.data());
    length = static_cast<uint32_t>(bytes.size());
}

access::KacsCheckArguments argumentsOf(const WhatIfQuestion& question, int token) {
    access::KacsCheckArguments arguments;
    arguments.token_fd = token;
    point(question.descriptor, arguments.descriptor, arguments.descriptor_bytes);
    arguments.desired_access = question.desired;
    arguments.generic_read = question.mapping.read;
    arguments.generic_write = question.mapping.write;
    arguments.generic_execute = question.mapping.execute;
    arguments.generic_all = question.mapping.all;
    if (question.self_sid) {
        point(question.self_sid->bytes(), arguments.self_sid, arguments.self_sid_bytes);
    }
    arguments.privilege_intent = question.privilege_intent;
    point(question.local_claims, arguments.local_claims, arguments.local_claims_bytes);
    arguments.pip_type = question.caller_trust.type;
    arguments.pip_trust = question.caller_trust.trust;
    return arguments;
}

WhatIfAnswer askWhole(const WhatIfKernel& kernel, access::KacsCheckArguments& arguments) {
    uint32_t granted = kUnwritten;
    arguments.granted_out = addressOf(&granted);
    const int64_t outcome = kernel.accessCheck(arguments);
    if (outcome < 0 && (outcome != -EACCES || granted == kUnwritten)) {
        return refused(outcome);
    }
    WhatIfAnswer answer;
    answer.allowed = outcome >= 0;
    answer.granted = answer.allowed ? static_cast<uint32_t>(outcome) : granted;
    return answer;
}

WhatIfAnswer askNodes(const WhatIfKernel& kernel, access::KacsCheckArguments& arguments,
                      const std::vector<access::ObjectTreeNode>& tree) {
    const auto nodes = access::kacsNodesOf(tree);
    arguments.object_tree = nodes.empty() ? 0 : addressOf(nodes.data());
    arguments.object_tree_count = static_cast<uint32_t>(nodes.size());
    std::vector<access::KacsNodeResult> results(nodes.size(), {0, -EACCES});
    const int outcome = kernel.accessCheckList(arguments, results);
    if (outcome != 0 || results.empty()) {
        return refused(outcome != 0 ? outcome : -EINVAL);
    }
    WhatIfAnswer answer;
    answer.granted = results.front().granted;
    answer.allowed = results.front().status == 0;
    for (const access::KacsNodeResult& result : results) {
        answer.nodes.push_back({result.granted, result.status == 0});
    }
    return answer;
}

WhatIfAnswer ask(const WhatIfKernel& kernel, const WhatIfQuestion& question) {
    const base::Fd token(kernel.createToken(tokenSpecOf(question)));
    if (!token.valid()) {
        return refused(token.get());
    }
    auto arguments = argumentsOf(question, token.get());
    return question.tree ? askNodes(kernel, arguments, *question.tree)
                         : askWhole(kernel, arguments);
}

}  // namespace

const WhatIfKernel& thisKernel() {
    static const ThisKernel kKernel;
    return kKernel;
}

base::Result<WhatIfJudge> kernelJudge(const WhatIfKernel& kernel) {
    if (access::isKacsAbsent(kernel.accessCheck({}))) {
        return base::fail(base::ErrorKind::Unsupported,
                          "this kernel has no access check to ask; leave --kernel out");
    }
    WhatIfQuestion nobody;
    const base::Fd token(kernel.createToken(tokenSpecOf(nobody)));
    if (token.get() == -EPERM || token.get() == -EACCES) {
        return base::fail(base::ErrorKind::Denied,
                          "the kernel lets us make no token to ask about; that takes "
                          "SeCreateTokenPrivilege");
    }
    return WhatIfJudge([&kernel](const WhatIfQuestion& question) { return ask(kernel, question); });
}

}  // namespace evd::evctl
