#pragma once

#include "queryd/access/access_policy.h"
#include "queryd/access/authority.h"
#include "tests/support/security_rules.h"

#include "common/access/field_access.h"
#include "common/base/text.h"

#include <string>
#include <string_view>
#include <vector>

namespace evd::test {

// One with that uid and no groups; 0 is SYSTEM.
inline queryd::Caller callerWithUid(uid_t uid) {
    return queryd::callerOf({1, uid, uid, {}}, {0, {}});
}

// A descriptor of access control entries for uids, which lets SYSTEM read everything.
class Grants {
  public:
    Grants& all(uid_t uid) { return add("A", "", uid); }
    Grants& fields(uid_t uid, const std::vector<std::string_view>& names) {
        for (const std::string_view name : names) {
            add("OA", guidText(access::fieldGuid(name)), uid);
        }
        return *this;
    }
    std::string sddl() const { return "O:SYG:SYD:P" + aces_ + "(A;;0x1;;;SY)"; }

  private:
    Grants& add(const char* type, const std::string& guid, uid_t uid) {
        aces_ += base::cat("(", type, ";;0x1;", guid, ";;S-1-22-1-", uid, ")");
        return *this;
    }

    std::string aces_;
};

// The rules of several kinds in one policy.
inline access::SecurityPolicy joined(const std::vector<access::SecurityPolicy>& parts) {
    access::SecurityPolicy all;
    for (const access::SecurityPolicy& part : parts) {
        for (const access::ObjectKind kind : access::kObjectKinds) {
            for (const auto& [folded, rule] : part.rules(kind)) {
                all.set(kind, rule);
            }
        }
    }
    return all;
}

}  // namespace evd::test
