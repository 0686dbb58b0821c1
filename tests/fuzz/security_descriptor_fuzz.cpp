// evd_fuzz_links: evd_common_access
// Whatever parses builds back to bytes that parse as the same, has words or an error, and can be
// asked about.

#include "common/access/access_check.h"
#include "common/access/sddl.h"
#include "common/base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    namespace access = evd::access;
    const auto parsed = access::parseSecurityDescriptor({data, size});
    if (!parsed.ok()) {
        return 0;
    }
    const auto bytes = access::buildSecurityDescriptor(parsed.value());
    if (bytes.ok()) {
        const auto again = access::parseSecurityDescriptor(bytes.value());
        EVD_CHECK(again.ok() && again.value() == parsed.value(), "what is built parses back");
    }
    (void)access::printSddl(parsed.value());  // may have no text
    const access::Token token;
    access::AccessQuestion question;
    question.descriptor = &parsed.value();
    question.token = &token;
    question.desired = access::kMaximumAllowed;
    (void)access::checkAccess(question);  // may refuse
    return 0;
}
