#pragma once

#include "common/base/result.h"
#include "queryd/evctl/export_sinks.h"
#include "queryd/evctl/page_walk.h"
#include "queryd/evctl/progress.h"
#include "queryd/evctl/session_context.h"

#include <functional>

namespace evd::evctl {

// Called after each page that the sink has taken.
using PageTaken = std::function<base::Result<void>(const PageWalk& walk)>;

// Asks a question page by page (page_walk.h) and hands the records on.
//
// A page is held back in a spool until the server has said that it is whole, so nothing of a broken
// answer gets any further. Each page is a question of its own, on a connection of its own. Fails
// with Unsupported when a record has no time that is shown to the caller, before anything of its
// page is handed on; otherwise with what the server, the sink or the caller says. One thread;
// context and sink outlive it.
class PageExport {
  public:
    PageExport(const SessionContext& context, const PagedQuestion& question, PagePlace place,
               PageSink& sink, uint64_t records = 0)
        : context_(context), walk_(question, place), sink_(sink), records_(records) {}

    base::Result<void> run(const PageTaken& taken);
    // So many were handed on, those before the place included.
    uint64_t records() const { return records_; }

  private:
    base::Result<void> page(Progress* progress);

    const SessionContext& context_;
    PageWalk walk_;
    PageSink& sink_;
    uint64_t records_;
};

// Whether records are shown on the terminal, where a line of progress would disturb them.
bool printsToTerminal(const SessionContext& context);

// A question that goes up from the oldest record begins there and not in 1970: finds it.
base::Result<void> settleBeginning(const SessionContext& context, PagedQuestion& question);

}  // namespace evd::evctl
