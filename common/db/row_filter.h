#pragma once

#include "common/base/result.h"
#include "common/db/row_view.h"

#include <functional>

struct sqlite3;

namespace evd::db {

using RowFilter = std::function<bool(const RowView&)>;

// Makes kRowFilterName call the filter, which outlives the connection's use of it. Internal to
// common/db; see Connection::setRowFilter.
base::Result<void> registerRowFilter(sqlite3* handle, RowFilter* filter);

}  // namespace evd::db
