#pragma once

#include "common/access/pattern_table.h"
#include "common/access/token.h"

#include <cstdint>
#include <string_view>

namespace evd::access {

// Whether somebody may send log records or samples under a name that this pattern governs, by the
// reference check on EVENTD_PUBLISH; `kind` is one of the two for publishing. Where nothing is set
// everybody may, as PSD-008 has it; whatever the check refuses to answer is denied.
bool mayPublish(const Token& token, ObjectKind kind, const ResolvedPattern& pattern);

// Whether everybody may, whatever the name, so that nobody needs to look.
bool isOpenToAll(const PatternTable& table, ObjectKind kind);

}  // namespace evd::access
