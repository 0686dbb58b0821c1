#pragma once

#include "common/access/kacs_check.h"

#include <cstdint>
#include <span>

namespace evd::queryd {

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
    virtual int accessCheckList(const access::KacsCheckArguments& arguments,
                                std::span<access::KacsNodeResult> results) const = 0;
};

// The real ones. On a kernel without KACS each is -ENOSYS.
const KacsCalls& kernelKacs();

// Whether there is a KACS at all, whatever it would answer. Has no effect.
bool hasKacs(const KacsCalls& calls);

}  // namespace evd::queryd
