#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace evd::queryd {

// The argument of kacs_access_check_list (PSD-004 §13.1; peios-abi §3.8), 136 bytes, little-endian.
// A pointer and its length are both set or both zero.
//
//    byte 0        4         8        16      20       24..39     40..47    48      52
//        +--------+---------+--------+-------+--------+----------+---------+-------+--------+
//        | 136    | token   | descriptor     | wanted | mapping  | own SID         | intent |
//        +--------+---------+--------+-------+--------+----------+---------+-------+--------+
//    byte 56..71       72..87         88..95     96..103     104..119    120..127     128..135
//        +------------+--------------+----------+-----------+-----------+------------+----------+
//        | tree       | local claims | granted  | trust     | context   | continuous | staging  |
//        +------------+--------------+----------+-----------+-----------+------------+----------+
struct KacsCheckArguments {
    uint32_t caller_size = 136;
    int32_t token_fd = -1;
    uint64_t descriptor = 0;
    uint32_t descriptor_bytes = 0;
    uint32_t desired_access = 0;
    uint32_t generic_read = 0;
    uint32_t generic_write = 0;
    uint32_t generic_execute = 0;
    uint32_t generic_all = 0;
    uint64_t self_sid = 0;
    uint32_t self_sid_bytes = 0;
    uint32_t privilege_intent = 0;
    uint64_t object_tree = 0;
    uint32_t object_tree_count = 0;
    uint32_t zero0 = 0;
    uint64_t local_claims = 0;
    uint32_t local_claims_bytes = 0;
    uint32_t zero1 = 0;
    uint64_t granted_out = 0;
    uint32_t pip_type = 0;
    uint32_t pip_trust = 0;
    uint64_t audit_context = 0;
    uint32_t audit_context_bytes = 0;
    uint32_t zero2 = 0;
    uint64_t continuous_audit_out = 0;
    uint64_t staging_mismatch_out = 0;
};
static_assert(sizeof(KacsCheckArguments) == 136);

struct KacsTreeNode {
    uint16_t level = 0;
    uint16_t zero = 0;
    std::array<uint8_t, 16> guid{};
};
static_assert(sizeof(KacsTreeNode) == 20);

struct KacsNodeResult {
    uint32_t granted = 0;
    int32_t status = 0;  // 0 or -EACCES
};
static_assert(sizeof(KacsNodeResult) == 8);

// What a token's descriptor is asked for (peios-abi §3.6).
enum class TokenFact : uint32_t {
    User = 0x1,
    Groups = 0x2,
    RestrictedSids = 0x9,
    ConfinementSid = 0xF,
    ImpersonationLevel = 0x15,
};

// The door to KACS, the part of a Peios kernel that knows tokens (PSD-004).
//
// As narrow as it can be, so that tests can be a kernel and give every answer that one may give.
// Calls do not wait. Each fails with a negative errno, as system calls do; which of them means what
// is for the caller to judge. Any thread.
class KacsCalls {
  public:
    virtual ~KacsCalls() = default;
    // kacs_open_peer_token (1010): a descriptor of the token that connected this socket.
    virtual int openPeerToken(int socket) const = 0;
    // KACS_IOC_QUERY: the bytes of one fact about a token; how many.
    virtual int queryToken(int token, TokenFact fact, std::span<uint8_t> buffer) const = 0;
    // kacs_access_check_list (1024): 0, and a verdict for each node of the tree.
    virtual int accessCheckList(const KacsCheckArguments& arguments,
                                std::span<KacsNodeResult> results) const = 0;
};

// The real ones. On a kernel without KACS each is -ENOSYS.
const KacsCalls& kernelKacs();

// Whether there is a KACS at all, whatever it would answer. Has no effect.
bool hasKacs(const KacsCalls& calls);

}  // namespace evd::queryd
