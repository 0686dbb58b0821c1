#pragma once

#include "common/base/result.h"
#include "common/config/lcs_calls.h"
#include "common/config/registry.h"
#include "sandbox/supervisor/options.h"

#include <memory>

namespace evd::supervisor {

// The registry that the group is started with: that of the kernel where there is one, else the
// files of the options. Invalid when files are named and the kernel has one (contracts §2).
//
// In the kernel's the default descriptors are created that are missing (Ruling A10), which is told
// in the log, as is what could not be created. Not with --check, which starts nothing and so writes
// nothing. It is the first start as long as there is no event store. Called by main; the calls
// outlive the registry.
base::Result<std::unique_ptr<config::Registry>> registryForStart(const config::LcsCalls& calls,
                                                                 const Options& options);

}  // namespace evd::supervisor
