#pragma once

#include "common/base/result.h"
#include "queryd/evctl/session_context.h"

namespace evd::evctl {

// `evctl export [--to FORMAT] [--into FILE] [--resume PLACEFILE] 'QUERY'`: the answer of any
// question in a form for programs.
//
// A question that can be (question_pages.h) is asked page by page, so that no limit of time or
// memory of the server's bounds an export; each page is written when it is whole. Others are asked
// in one piece. With a file nothing is seen under its name before everything is there
// (export_file.h); with a place file the export can be broken off at any moment and go on.
//
// Answers the exit status: kExitUsage when what was typed makes no sense.
base::Result<int> runExport(const SessionContext& context);

}  // namespace evd::evctl
