#pragma once

#include "common/base/result.h"
#include "queryd/evctl/session_context.h"

namespace evd::evctl {

// `evctl import [--from FORMAT] [--dry-run] [--strict] FILE|-`: a file of another program's as
// records: journal entries and syslog lines as logs, audit events as events, OpenMetrics text as
// metrics (queryd/evctl/import/).
//
// Records go through the same doors as everybody's, no faster than they are stored (record_lane.h,
// event_lane.h). A report of what was and was not understood goes to standard error. Answers
// kExitFailure when nothing could be understood, when something was lost, and, with --strict, when
// anything was not understood; with --strict nothing is sent before the file was read once.
base::Result<int> runImport(const SessionContext& context);

// The same, reading another descriptor than that of the file; `total` bytes, 0 if unknown.
base::Result<int> importFrom(const SessionContext& context, int input, uint64_t total);

}  // namespace evd::evctl
