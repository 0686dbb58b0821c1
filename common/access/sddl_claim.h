#pragma once

#include "common/access/text_scanner.h"
#include "common/base/result.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace evd::access {

// The claim of a resource attribute in SDDL: ("name",TI,0x0,1,2). Pure; Invalid with the place, or
// for a claim that has no text: a quote in a string, no values.

// The claim that comes next, as one entry (PSD-004 §3.9); the scanner moves behind it.
base::Result<std::vector<uint8_t>> parseSddlClaim(TextScanner& scanner);
base::Result<std::string> printSddlClaim(std::span<const uint8_t> entry);

}  // namespace evd::access
