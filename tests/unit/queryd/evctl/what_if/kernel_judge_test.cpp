#include "queryd/evctl/what_if/kernel_judge.h"

#include "common/access/little_endian.h"
#include "common/base/text.h"
#include "queryd/evctl/what_if/token_spec.h"
#include "queryd/evctl/what_if/what_if_line.h"
#include "tests/support/security_rules.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <cerrno>

namespace evd::evctl {
namespace {

using access::load32;
using access::load64;
using access::SidAndAttributes;
using Bytes = std::vector<uint8_t>;

// Reads a token as PSD-004 §13.7 lays it out, by the offsets of its table.
class SpecReader {
  public:
    explicit SpecReader(const Bytes& spec) : spec_(spec) {}

    Bytes bytes(size_t at) const { return cut(load32(spec_, at), load32(spec_, at + 4)); }

    access::Sid sid(size_t at, size_t length) const {
        return access::Sid::parse(cut(at, length)).value();
    }

    std::vector<SidAndAttributes> sids(size_t at) const {
        std::vector<SidAndAttributes> list;
        size_t entry = load32(spec_, at);
        for (uint32_t left = load32(spec_, at + 4); left > 0; --left) {
            const size_t length = load32(spec_, entry);
            list.push_back({sid(entry + 4, length), load32(spec_, entry + 4 + length)});
            entry += 8 + length;
        }
        return list;
    }

    WhatIfQuestion question() const {
        WhatIfQuestion read;
        read.token.impersonation_level = static_cast<access::ImpersonationLevel>(spec_[5]);
        read.token.integrity = load32(spec_, 8);
        read.token.mandatory_policy = load32(spec_, 12);
        read.token.privileges = load64(spec_, 16) & load64(spec_, 24);
        const size_t user = load32(spec_, 88);
        read.token.user = sid(user, 8 + size_t{4} * spec_[user + 1]);
        read.token.groups = sids(92);
        read.user_claims = bytes(108);
        read.device_claims = bytes(116);
        read.token.device_groups = sids(124);
        read.token.restricted_sids = sids(132);
        if (load32(spec_, 140) != 0) {
            read.token.confinement_sid = sid(load32(spec_, 140), load32(spec_, 144));
        }
        read.token.capabilities = sids(148);
        read.token.confinement_exempt = spec_[156] == 1;
        read.token.write_restricted = spec_[157] == 1;
        read.token.user_deny_only = spec_[158] == 1;
        read.token.restricted_device_groups = sids(168);
        return read;
    }

  private:
    Bytes cut(size_t at, size_t length) const {
        REQUIRE(at + length <= spec_.size());
        const auto first = spec_.begin() + static_cast<std::ptrdiff_t>(at);
        return {first, first + static_cast<std::ptrdiff_t>(length)};
    }

    const Bytes& spec_;
};

Bytes bytesAt(uint64_t address, uint32_t length) {
    const auto* first = reinterpret_cast<const uint8_t*>(address);
    return {first, first + length};
}

uint32_t& numberAt(uint64_t address) {
    return *reinterpret_cast<uint32_t*>(address);
}

// A kernel whose check is the reference check over the very bytes it is given, and whose calls fail
// when a test says so.
class FakeKernel final : public WhatIfKernel {
  public:
    int64_t check_outcome = 1;  // of every check, when it is an error
    int token_outcome = 0;      // of every token, when it is an error
    mutable Bytes spec;         // of the last token
    mutable int last_token = -1;

    int createToken(std::span<const uint8_t> bytes) const override {
        spec.assign(bytes.begin(), bytes.end());
        return token_outcome < 0 ? token_outcome
                                 : last_token = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    }

    int64_t accessCheck(const access::KacsCheckArguments& arguments) const override {
        if (check_outcome < 0 || arguments.descriptor == 0) {
            return check_outcome < 0 ? check_outcome : -EINVAL;
        }
        const auto answer = askReference(questionOf(arguments));
        if (!answer.refusal.empty()) {
            return answer.refusal == "EACCES" ? -EACCES : -EINVAL;
        }
        numberAt(arguments.granted_out) = answer.granted;
        return answer.allowed ? int64_t{answer.granted} : -EACCES;
    }

    int accessCheckList(const access::KacsCheckArguments& arguments,
                        std::span<access::KacsNodeResult> results) const override {
        auto question = questionOf(arguments);
        const auto* nodes = reinterpret_cast<const access::KacsTreeNode*>(arguments.object_tree);
        question.tree.emplace();
        for (uint32_t node = 0; node < arguments.object_tree_count; ++node) {
            question.tree->push_back({nodes[node].level, base::Guid{nodes[node].guid}});
        }
        const auto answer = askReference(question);
        if (!answer.refusal.empty() || check_outcome < 0) {
            return check_outcome < 0 ? static_cast<int>(check_outcome)
                                     : (answer.refusal == "EACCES" ? -EACCES : -EINVAL);
        }
        for (size_t node = 0; node < results.size(); ++node) {
            results[node] = {answer.nodes[node].granted, answer.nodes[node].allowed ? 0 : -EACCES};
        }
        return 0;
    }

  private:
    WhatIfQuestion questionOf(const access::KacsCheckArguments& arguments) const {
        REQUIRE(arguments.token_fd == last_token);
        REQUIRE(::fcntl(last_token, F_GETFD) >= 0);
        auto question = SpecReader(spec).question();
        question.descriptor = bytesAt(arguments.descriptor, arguments.descriptor_bytes);
        question.desired = arguments.desired_access;
        question.mapping = {arguments.generic_read, arguments.generic_write,
                            arguments.generic_execute, arguments.generic_all};
        if (arguments.self_sid_bytes != 0) {
            question.self_sid =
                access::Sid::parse(bytesAt(arguments.self_sid, arguments.self_sid_bytes)).value();
        }
        question.privilege_intent = arguments.privilege_intent;
        question.local_claims = bytesAt(arguments.local_claims, arguments.local_claims_bytes);
        question.caller_trust = {arguments.pip_type, arguments.pip_trust};
        return question;
    }
};

std::string lineOf(std::string_view sddl, std::string_view token, std::string_view more = "") {
    return base::cat(R"({"sd":")", base::encodeHex(test::bytesOfSddl(sddl)),
                     R"(","desired":1,"token":{)", token, "}", more, "}");
}

constexpr const char* kUser = R"("user":"S-1-22-1-1000")";
constexpr const char* kOpen = "O:SYD:(A;;CC;;;S-1-22-1-1000)";
constexpr const char* kTree =
    R"(,"tree":[{"level":0,"guid":"{a1b2c3d4-0001-4000-8000-000000000001}"},)"
    R"({"level":1,"guid":"341d2267-b9db-536b-b36c-94ab6cd47e4c"}])";

}  // namespace

TEST_CASE("kernel judge: the token and every member of a question reach the kernel") {
    const FakeKernel kernel;
    const auto judge = kernelJudge(kernel).value();
    const auto with = [](std::string_view more) { return base::cat(kUser, ",", more); };
    const char* label = "O:SYD:(A;;GA;;;S-1-22-1-1000)S:(ML;;NW;;;HI)";
    const char* trust = "O:SYD:(A;;CC;;;S-1-22-1-1000)S:(TL;;0x0;;;S-1-19-1-1)";
    // Each is answered otherwise without what is behind its descriptor.
    const std::vector<std::pair<std::string, std::string>> lines = {
        {lineOf(kOpen, kUser), "true"},
        {lineOf("O:SYD:", kUser), "false"},
        {lineOf("O:SYD:(A;;CC;;;BU)", with(R"("groups":[{"sid":"S-1-5-32-545"}])")), "true"},
        {lineOf("O:SYD:(A;;CC;;;BU)", with(R"("groups":[{"sid":"S-1-5-32-545","attributes":16}])")),
         "false"},
        {lineOf(kOpen, with(R"("user_deny_only":true)")), "false"},
        {lineOf(kOpen, with(R"("user_deny_only":true,"write_restricted":true)")), "false"},
        {lineOf(kOpen, with(R"("write_restricted":true)")), "EINVAL"},
        {lineOf(kOpen, with(R"("restricted_sids":[{"sid":"S-1-5-12"}])")), "false"},
        {lineOf(kOpen, with(R"("confinement_sid":"S-1-15-2-7")")), "false"},
        {lineOf("O:SYD:(A;;CC;;;S-1-22-1-1000)(A;;CC;;;S-1-15-3-1)",
                with(R"("confinement_sid":"S-1-15-2-7","capabilities":[{"sid":"S-1-15-3-1"}])")),
         "true"},
        {lineOf(kOpen, with(R"("confinement_sid":"S-1-15-2-7","confinement_exempt":true)")),
         "true"},
        {lineOf("O:SYD:", with(R"("privileges":131072)"), R"(,"privilege_intent":1)"), "true"},
        {lineOf("O:SYD:(A;;CC;;;PS)", kUser, R"(,"self_sid":"S-1-22-1-1000")"), "true"},
        {lineOf(trust, kUser, R"(,"pip":[1,1])"), "true"},
        {lineOf(trust, kUser), "false"},
        {lineOf(label, with(R"("integrity":12288)"), R"(,"mapping":[1,2,4,7])"), "true"},
        {lineOf(label, with(R"("mandatory_policy":0)")), "true"},
        {lineOf(R"(O:SYD:(XA;;CC;;;WD;(Device_Member_of {SID(BU)})))",
                with(R"("groups":[{"sid":"S-1-1-0"}],"device_groups":[{"sid":"S-1-5-32-545"}])")),
         "true"},
        {lineOf("O:SYD:(OA;;CC;341d2267-b9db-536b-b36c-94ab6cd47e4c;;S-1-22-1-1000)(A;;CC;;;SY)",
                kUser, kTree),
         "true"},
        {lineOf("O:SYD:", kUser, kTree), R"(false,"nodes":[{"granted":0,"status":-13},)"},
        {lineOf(kOpen, with(R"("impersonation_level":1)")), "EACCES"},
        {lineOf(kOpen, with(R"("impersonation_level":1)"), kTree), "EACCES"},
        {lineOf(kOpen, kUser, R"(,"tree":[])"), "EINVAL"},
        {lineOf(kOpen, kUser, R"(,"local_claims":"00")"), "EINVAL"},
        {lineOf(kOpen, with(R"("user_claims":"00000000")")), "EINVAL"},
        {lineOf(kOpen, with(R"("device_claims":"00000000")")), "EINVAL"},
        {R"({"sd":"00ff","desired":1,"token":{"user":"S-1-5-18"}})", "EINVAL"},
        {R"({"sd":"","desired":1,"token":{"user":"S-1-5-18"}})", "EINVAL"},
        {"{}", R"("line":1)"}};
    for (const auto& [line, wanted] : lines) {
        CAPTURE(line);
        const std::string answer = answerWhatIf(line, 1, judge);
        CHECK(answer == answerWhatIf(line, 1));
        CHECK(answer.find(wanted) != std::string::npos);
    }
    // No token is kept.
    CHECK(::fcntl(kernel.last_token, F_GETFD) < 0);
}

TEST_CASE("kernel judge: the head of a token's bytes is as PSD-004 §13.7 lays it out") {
    WhatIfQuestion question;
    question.token.privileges = access::kBackupPrivilege | access::kRelabelPrivilege;
    const Bytes spec = tokenSpecOf(question);
    CHECK(load32(spec, 0) == 2);  // version
    CHECK(spec[4] == 2);          // an impersonation token
    CHECK(spec[5] == 2);          // which may act
    CHECK(load64(spec, 16) == question.token.privileges);
    CHECK(load64(spec, 24) == question.token.privileges);
    CHECK(load64(spec, 56) == 0);  // logon session
    CHECK(load32(spec, 88) == 192);
    for (const size_t absent : {92, 100, 108, 116, 124, 132, 140, 148, 160, 168}) {
        CAPTURE(absent);
        CHECK(load64(spec, absent) == 0);
    }
}

TEST_CASE("kernel judge: an error is said by its name") {
    FakeKernel kernel;
    const auto judge = kernelJudge(kernel).value();
    for (const char* tree : {"", kTree}) {
        kernel.check_outcome = -EIO;
        CHECK(answerWhatIf(lineOf(kOpen, kUser, tree), 1, judge) == R"({"error":"EIO"})");
        kernel.check_outcome = 1;
        kernel.token_outcome = -EMFILE;
        CHECK(answerWhatIf(lineOf(kOpen, kUser, tree), 1, judge) == R"({"error":"EMFILE"})");
        kernel.token_outcome = 0;
    }
}

TEST_CASE("kernel judge: says at once that there is no such kernel, or no right to make tokens") {
    FakeKernel kernel;
    for (const int missing : {-ENOSYS, -EPERM}) {
        kernel.check_outcome = missing;
        CHECK(kernelJudge(kernel).error().kind == base::ErrorKind::Unsupported);
    }
    kernel.check_outcome = 1;
    kernel.token_outcome = -EPERM;
    CHECK(kernelJudge(kernel).error().text.find("SeCreateTokenPrivilege") != std::string::npos);
    kernel.token_outcome = 0;
    CHECK(kernelJudge(kernel).ok());
}

TEST_CASE("kernel judge: where there is no KACS, the person is told to ask without it") {
    if (thisKernel().accessCheck({}) == -EINVAL) {
        MESSAGE("this kernel has one");
        return;
    }
    CHECK(kernelJudge(thisKernel()).error().text.find("--kernel") != std::string::npos);
}

}  // namespace evd::evctl
