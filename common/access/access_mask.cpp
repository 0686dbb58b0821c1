#include "common/access/access_mask.h"

#include "common/base/text.h"

namespace evd::access {

uint32_t GenericMapping::mapKnown(uint32_t mask) const {
    uint32_t mapped = mask & ~kGenericBits;
    mapped |= (mask & kGenericRead) != 0 ? read : 0;
    mapped |= (mask & kGenericWrite) != 0 ? write : 0;
    mapped |= (mask & kGenericExecute) != 0 ? execute : 0;
    mapped |= (mask & kGenericAll) != 0 ? all : 0;
    return mapped;
}

base::Result<uint32_t> GenericMapping::map(uint32_t mask) const {
    if ((mask & kReservedBits) != 0) {
        return base::fail(base::ErrorKind::Invalid,
                          base::cat("access mask ", mask, " has reserved bits"));
    }
    return mapKnown(mask);
}

base::Result<void> checkAceMask(uint32_t mask) {
    if ((mask & (kReservedBits | kMaximumAllowed)) != 0) {
        return base::fail(base::ErrorKind::Invalid,
                          base::cat("access mask ", mask, " cannot stand in an ACE"));
    }
    return {};
}

}  // namespace evd::access
