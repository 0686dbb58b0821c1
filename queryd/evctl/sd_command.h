#pragma once

#include "common/access/security_descriptor.h"
#include "common/base/result.h"
#include "queryd/evctl/arguments_service.h"
#include "queryd/evctl/output_stream.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace evd::evctl {

// `evctl sd ...`: security descriptors by themselves; no daemon is asked (contracts §7, §8).
base::Result<void> runSd(const Arguments& arguments, OutputStream& output);

// The bytes that an SDDL text means.
base::Result<std::vector<uint8_t>> compileDescriptor(std::string_view sddl);
// A descriptor given as hex or as SDDL; no SDDL is hex.
base::Result<access::SecurityDescriptor> readDescriptor(std::string_view text);

}  // namespace evd::evctl
