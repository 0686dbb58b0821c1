#pragma once

#include "common/db/row_view.h"

#include <sqlite3.h>

namespace evd::db {

// What SQLite calls the type of a column or of an argument, in our words. Internal to common/db.
inline ColumnKind columnKindOf(int sqlite_type) {
    switch (sqlite_type) {
        case SQLITE_INTEGER:
            return ColumnKind::Integer;
        case SQLITE_FLOAT:
            return ColumnKind::Float;
        case SQLITE_TEXT:
            return ColumnKind::Text;
        case SQLITE_BLOB:
            return ColumnKind::Blob;
        default:  // the codes are SQLite's, not an enum of ours
            return ColumnKind::Null;
    }
}

}  // namespace evd::db
