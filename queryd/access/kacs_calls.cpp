#include "queryd/access/kacs_calls.h"

#include "common/base/result.h"

#include <sys/ioctl.h>
#include <unistd.h>
#include <algorithm>
#include <limits>

namespace evd::queryd {

namespace {

constexpr long kOpenPeerToken = 1010;  // peios-abi §0.1

struct TokenQuery {
    uint32_t fact = 0;
    uint32_t bytes = 0;
    uint64_t buffer = 0;
};
static_assert(sizeof(TokenQuery) == 16);
constexpr unsigned long kQueryToken = _IOWR('K', 0, TokenQuery);

class KernelKacs final : public KacsCalls {
  public:
    int openPeerToken(int socket) const override {
        return base::negativeErrno(::syscall(kOpenPeerToken, socket));
    }

    int queryToken(int token, TokenFact fact, std::span<uint8_t> buffer) const override {
        const auto room = std::min<size_t>(buffer.size(), std::numeric_limits<int>::max());
        TokenQuery query{static_cast<uint32_t>(fact), static_cast<uint32_t>(room),
                         reinterpret_cast<uint64_t>(buffer.data())};
        const int outcome = base::negativeErrno(::ioctl(token, kQueryToken, &query));
        if (outcome < 0) {
            return outcome;
        }
        // A kernel that says it has written more than there is room for is not to be believed.
        return query.bytes <= room ? static_cast<int>(query.bytes) : -EOVERFLOW;
    }

    int accessCheckList(const access::KacsCheckArguments& arguments,
                        std::span<access::KacsNodeResult> results) const override {
        return access::kacsCheckList(arguments, results);
    }
};

}  // namespace

const KacsCalls& kernelKacs() {
    static const KernelKacs kCalls;
    return kCalls;
}

bool hasKacs(const KacsCalls& calls) {
    // Arguments that every KACS refuses. A kernel with one call of the two is a KACS, if a strange
    // one: taken for one it denies everything, taken for none it would believe Unix credentials.
    return !access::isKacsAbsent(calls.openPeerToken(-1)) ||
           !access::isKacsAbsent(calls.accessCheckList({}, {}));
}

}  // namespace evd::queryd
