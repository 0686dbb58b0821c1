// evd_fuzz_links: evd_common_access
// The first half as an entry, all of it as an array; a claim with a text is read back from it.

#include "common/access/claims.h"
#include "common/access/sddl_claim.h"
#include "common/base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    namespace access = evd::access;
    const std::span<const uint8_t> bytes(data, size);
    (void)access::ClaimSet::parse({data, data + size});  // must only not crash
    const auto text = access::printSddlClaim(bytes);
    if (!text.ok()) {
        return 0;
    }
    access::TextScanner scanner(text.value());
    const auto entry = access::parseSddlClaim(scanner);
    EVD_CHECK(entry.ok() && scanner.atEnd(), "the text of a claim is read");
    EVD_CHECK(access::printSddlClaim(entry.value()).value() == text.value(), "and says the same");
    return 0;
}
