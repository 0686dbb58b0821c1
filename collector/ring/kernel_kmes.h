#pragma once

#include "collector/ring/ring_source.h"

namespace evd::collector {

// The rings of a kernel that has KMES, by kmes_attach (Spec PSD-003 §4.1). Needs
// SeSecurityPrivilege. Keeps no state, so any thread may use it.
class KernelKmes final : public RingSource {
  public:
    // True when system call 1091 exists here, whatever it answers.
    static bool answers();

    base::Result<FoundRing> attach(uint16_t cpu) override;
    base::Result<RingIdentity> identify(uint16_t cpu) override;
};

}  // namespace evd::collector
