#pragma once

#include "common/base/result.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace evd::evctl {

inline constexpr size_t kAuditFieldsMax = 4'096;  // of one line

// One name=value of a line, as it stands there.
struct AuditField {
    std::string name;
    std::string value;
    bool is_quoted = false;  // then it is text; without quotes it may be encoded
};

// A line of auditd's log: one record of an event.
//
//      [node=N ]type=T msg=audit(SECONDS.MS:SERIAL): name=value name="text" ...[<GS>NAME="..." ...]
//
// Fields of a user record stand within msg='...' and are taken out of there. What stands behind the
// group separator, and in capitals, is auditd's own interpretation (log_format = ENRICHED): such a
// field is called `<name>_name`, in small letters. Words that are no fields ("avc:  denied  { read
// } for") are put together. A value.
struct AuditLine {
    std::string node;
    std::string type;  // SYSCALL, UNKNOWN[1334]
    int64_t time_ns = 0;
    uint64_t serial = 0;
    std::vector<AuditField> fields;
    std::string words;
};

// Invalid, with the reason in a few words, when it is no such line. Pure.
base::Result<AuditLine> parseAuditLine(std::string_view line);

}  // namespace evd::evctl
