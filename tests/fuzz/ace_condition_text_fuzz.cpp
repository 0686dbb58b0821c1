// evd_fuzz_links: evd_common_access
// A condition that compiles can be printed, and what is printed compiles to the same bytes.

#include "common/access/condition_text.h"
#include "common/base/check.h"
#include "common/base/text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    namespace access = evd::access;
    const auto bytecode = access::compileCondition(evd::base::asText({data, size}));
    if (!bytecode.ok()) {
        return 0;
    }
    const auto text = access::printCondition(bytecode.value());
    EVD_CHECK(text.ok(), "what compiles can be printed");
    EVD_CHECK(access::compileCondition(text.value()).value() == bytecode.value(),
              "to the same bytes");
    return 0;
}
