#pragma once

#include "common/base/result.h"

#include <string>

namespace evd::queryd {

class AccessChecker;
struct Caller;

// Whether the caller may have a field indexed: EVENTD_READ on the admin_sd of eventd-meta.db (Spec
// §8.2, Ruling A9).
//
// Read anew each time, because INDEX is rare and the descriptor may be changed by hand. Denied when
// the check says so; fails too when there is no descriptor that could be read: nobody gets an index
// by breaking the file that says who may. Any thread.
base::Result<void> mayIndex(const std::string& event_store_path, const AccessChecker& checker,
                            const Caller& caller);

}  // namespace evd::queryd
