// evd_fuzz_links: evd_common_access
// SDDL that is read can be printed, and what is printed is read as the same; by way of the binary
// form too, which is what is stored.

#include "common/access/sddl.h"
#include "common/base/check.h"
#include "common/base/text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    namespace access = evd::access;
    const auto parsed = access::parseSddl(evd::base::asText({data, size}));
    if (!parsed.ok()) {
        return 0;
    }
    const auto text = access::printSddl(parsed.value());
    EVD_CHECK(text.ok(), "what was read has a text");
    const auto again = access::parseSddl(text.value());
    EVD_CHECK(again.ok(), "what is printed is read");
    EVD_CHECK(access::printSddl(again.value()).value() == text.value(), "and says the same");
    EVD_CHECK(again.value() == parsed.value(), "and is the same");
    const auto bytes = access::buildSecurityDescriptor(parsed.value());
    EVD_CHECK(bytes.ok(), "what has a text has bytes");
    const auto stored = access::parseSecurityDescriptor(bytes.value());
    EVD_CHECK(stored.ok() && access::printSddl(stored.value()).ok() &&
                  access::printSddl(stored.value()).value() == text.value(),
              "which say it too");
    return 0;
}
