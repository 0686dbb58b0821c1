// The loadable extension for people: `.load build/lib/eventd_sqlite` in the sqlite3 shell gives it
// the functions of common/db/sql_functions.h. SQLite derives the name of the entry point from the
// file's. Links no SQLite of its own; it works through the table of the program that loads it.

#include "common/base/text.h"
#include "common/db/sql_functions.h"

#include <sqlite3ext.h>

extern "C" {
SQLITE_EXTENSION_INIT1

__attribute__((visibility("default"))) int sqlite3_eventdsqlite_init(
    sqlite3* handle, char** error_text, const sqlite3_api_routines* routines) {
    SQLITE_EXTENSION_INIT2(routines);
    const auto registered = evd::db::registerSqlFunctions(handle);
    if (!registered) {
        *error_text = sqlite3_mprintf("%s", registered.error().text.c_str());
        return SQLITE_ERROR;
    }
    return SQLITE_OK;
}
}
