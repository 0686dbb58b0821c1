#pragma once

#include "common/access/security_descriptor.h"

#include <string>

namespace evd::evctl {

// A descriptor in words for a person, a line for each rule: who may, what, of which field, when.
//
// For `evctl sd explain`. It explains every descriptor that parses, what SDDL cannot write
// included; rights and fields go by eventd's names (Spec §9.1), where they have one. Pure, never
// fails.
std::string explainDescriptor(const access::SecurityDescriptor& descriptor);

}  // namespace evd::evctl
