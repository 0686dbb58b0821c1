// evd_fuzz_links: evd_common_access
// Any bytes as conditional bytecode: evaluating them ends, and their text, if they have one, says
// what they say.

#include "common/access/condition.h"
#include "common/access/condition_text.h"
#include "common/access/well_known_sids.h"
#include "common/base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    namespace access = evd::access;
    access::Token token;
    token.groups = {{access::sids::kAdministrators, access::kGroupEnabled},
                    {access::sids::kEveryone, access::kGroupDenyOnly}};
    access::ConditionContext context;
    context.token = &token;
    context.groups = &token.groups;
    context.device_groups = &token.device_groups;
    const std::span<const uint8_t> bytes(data, size);
    const auto text = access::printCondition(bytes);
    const auto compiled = text.ok() ? access::compileCondition(text.value())
                                    : evd::base::Result<std::vector<uint8_t>>(text.error());
    EVD_CHECK(!text.ok() || compiled.ok(), "what is printed compiles");
    for (const access::Polarity polarity : {access::Polarity::Allow, access::Polarity::Deny}) {
        access::ConditionBudget budget;
        const access::TriState state = access::evaluateCondition(bytes, context, polarity, budget);
        access::ConditionBudget other;
        EVD_CHECK(!text.ok() || access::evaluateCondition(compiled.value(), context, polarity,
                                                          other) == state,
                  "the text means what the bytes mean");
    }
    return 0;
}
