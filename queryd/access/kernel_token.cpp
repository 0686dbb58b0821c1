#include "queryd/access/kernel_token.h"

#include "common/access/little_endian.h"
#include "common/access/well_known_sids.h"
#include "common/base/text.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace evd::queryd {

namespace {

using access::Sid;
using access::SidAndAttributes;
using base::ErrorKind;
using base::Result;

// 1024 groups (peios-abi §3.6) of the longest SID, and room to spare.
constexpr size_t kFactBytesMax = size_t{128} << 10;

// Asks for one fact after the other and remembers what went wrong first.
class FactReader {
  public:
    FactReader(const KacsCalls& calls, int token) : calls_(calls), token_(token) {}

    std::vector<uint8_t> bytesOf(TokenFact fact) {
        std::vector<uint8_t> bytes(kFactBytesMax);
        const int count = calls_.queryToken(token_, fact, bytes);
        if (count < 0 || static_cast<size_t>(count) > bytes.size()) {
            refuse(base::cat("the token does not tell its fact ", static_cast<uint32_t>(fact),
                             ", errno ", -count));
            return {};
        }
        bytes.resize(static_cast<size_t>(count));
        return bytes;
    }

    Sid sidOf(TokenFact fact) {
        const auto sid = Sid::parse(bytesOf(fact));
        if (!sid.ok()) {
            refuse(sid.error().text);
        }
        return sid.ok() ? sid.value() : Sid();
    }

    std::vector<SidAndAttributes> sidsOf(TokenFact fact) {
        auto list = parseSidList(bytesOf(fact));
        if (!list.ok()) {
            refuse(list.error().text);
        }
        return list.ok() ? std::move(list).value() : std::vector<SidAndAttributes>();
    }

    uint32_t numberOf(TokenFact fact) {
        const auto bytes = bytesOf(fact);
        if (bytes.size() != sizeof(uint32_t)) {
            refuse(base::cat("the token's fact ", static_cast<uint32_t>(fact), " is no number"));
            return 0;
        }
        return access::load32(bytes, 0);
    }

    const std::optional<base::Error>& error() const { return error_; }

  private:
    void refuse(std::string text) {
        if (!error_) {
            error_ = base::fail(ErrorKind::Denied, std::move(text));
        }
    }

    const KacsCalls& calls_;
    const int token_;
    std::optional<base::Error> error_;
};

base::Error cutOff() {
    return base::fail(ErrorKind::Invalid, "a list of SIDs is cut off");
}

}  // namespace

Result<std::vector<SidAndAttributes>> parseSidList(std::span<const uint8_t> bytes) {
    if (bytes.size() < sizeof(uint32_t)) {
        return cutOff();
    }
    const uint32_t count = access::load32(bytes, 0);
    bytes = bytes.subspan(sizeof(uint32_t));
    std::vector<SidAndAttributes> list;
    // The count is not believed before its entries are there.
    for (uint32_t index = 0; index < count; ++index) {
        if (bytes.size() < sizeof(uint32_t)) {
            return cutOff();
        }
        const size_t sid_bytes = access::load32(bytes, 0);
        if (sid_bytes > Sid::kBytesMax || bytes.size() < 2 * sizeof(uint32_t) + sid_bytes) {
            return cutOff();
        }
        const auto sid = Sid::parse(bytes.subspan(sizeof(uint32_t), sid_bytes));
        if (!sid.ok()) {
            return sid.error();
        }
        list.push_back({sid.value(), access::load32(bytes, sizeof(uint32_t) + sid_bytes)});
        bytes = bytes.subspan(2 * sizeof(uint32_t) + sid_bytes);
    }
    if (!bytes.empty()) {
        return base::fail(ErrorKind::Invalid, "something follows a list of SIDs");
    }
    return list;
}

Result<KernelTokenFacts> readKernelToken(const KacsCalls& calls, int token) {
    FactReader reader(calls, token);
    KernelTokenFacts facts;
    facts.user = reader.sidOf(TokenFact::User);
    const auto groups = reader.sidsOf(TokenFact::Groups);
    const auto restricted = reader.sidsOf(TokenFact::RestrictedSids);
    const auto confinement = reader.bytesOf(TokenFact::ConfinementSid);
    const uint32_t level = reader.numberOf(TokenFact::ImpersonationLevel);
    if (reader.error()) {
        return *reader.error();
    }
    const bool whole = restricted.empty() && confinement.empty() &&
                       level >= static_cast<uint32_t>(access::ImpersonationLevel::Impersonation);
    facts.system = whole && facts.user == access::sids::kSystem;
    facts.administrator =
        whole && std::ranges::any_of(groups, [](const SidAndAttributes& group) {
            return group.sid == access::sids::kAdministrators &&
                   access::attributesMatch(group.attributes, access::Polarity::Allow);
        });
    return facts;
}

}  // namespace evd::queryd
