#include "common/access/local_claims.h"

#include "common/access/claim_builder.h"
#include "common/access/utf16.h"
#include "common/base/check.h"

#include <string>
#include <utility>
#include <vector>

namespace evd::access {

namespace {

using Array = base::Result<std::vector<uint8_t>>;

Array textClaim(const char* name, std::string_view text) {
    auto value = utf16FromUtf8(text);
    if (!value || text.find('\0') != std::string_view::npos) {
        return base::fail(base::ErrorKind::Invalid, "no text for a claim");
    }
    NewClaim claim{name, kClaimString, 0, {}};
    claim.values.push_back(std::move(*value));
    return buildClaimArray({claim});
}

}  // namespace

ClaimSet localClaimsOf(ObjectKind kind, std::string_view pattern) {
    auto array = textClaim("kind", wordOf(kind));
    EVD_CHECK(array.ok(), "the word of a kind is text");
    const auto of_pattern = textClaim("pattern", pattern);
    if (of_pattern.ok() &&
        array.value().size() + of_pattern.value().size() <= kLocalClaimsBytesMax) {
        array.value().insert(array.value().end(), of_pattern.value().begin(),
                             of_pattern.value().end());
    }
    auto claims = ClaimSet::parse(std::move(array).value());
    EVD_CHECK(claims.ok(), "what was built is read again");
    return std::move(claims).value();
}

}  // namespace evd::access
