#include "queryd/access/access_checker.h"

#include "common/base/text.h"

#include <algorithm>
#include <utility>

namespace evd::queryd {

access::FieldVerdict ReferenceChecker::check(const Caller& caller,
                                             const RecordQuestion& question) const {
    if (caller.token == nullptr) {
        return {};
    }
    auto checked = access::checkFieldsAudited(*caller.token, question.pattern, question.tree);
    if (sink_ != nullptr && !checked.audit.empty()) {
        sink_->tell(caller, question, checked.audit);
    }
    return std::move(checked.verdict);
}

std::string auditContext(const RecordQuestion& question) {
    std::string context = base::cat(access::wordOf(question.kind), ':', question.pattern.pattern);
    context.resize(std::min(context.size(), kAuditContextBytesMax));
    return context;
}

}  // namespace evd::queryd
