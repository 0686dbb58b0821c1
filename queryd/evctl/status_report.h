#pragma once

#include "queryd/client/rpc_client_service.h"
#include "queryd/evctl/output/record_printer.h"

#include <string>

namespace evd::evctl {

// The state of the group as a person reads it: a table of processes, then one table per kind of
// thing the processes measure, then the queries.
//
// Measures are named `kind.which.figure` (ring.0.fill_percent): a kind is a table, a which is a
// row, a figure is a column. Where that is wider than `width_max` (0: no limit) rows and columns
// change places. Other names stand as name and value under their process. Pure.
std::string statusText(const queryd::GroupStatus& status, int64_t now_ns, size_t width_max = 0);

// One JSON object per process and one with the queries, for programs.
std::string statusJsonl(const queryd::GroupStatus& status);

}  // namespace evd::evctl
