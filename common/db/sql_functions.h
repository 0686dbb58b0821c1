#pragma once

#include "common/base/result.h"

struct sqlite3;

namespace evd::db {

// Makes our SQL functions known to a connection (contracts §6); what they answer stands in
// common/db/sql_value.h:
//
//    msgpack_extract(payload, path)   one field of a payload, for conditions and expression indexes
//    msgpack_to_json(payload)         the whole payload as JSON text
//    guid_text(blob)                  {xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx}
//    guid_blob(text)                  and back
//
// They are deterministic and innocuous, so that an index, a view or a trigger of a schema that is
// not trusted may use them. An argument of another type gives NULL, never an error. Every
// Connection has them from the start, because an INSERT into a table with a payload index needs
// them; the loadable extension registers the same ones with the shell. Io when SQLite has no
// memory.
base::Result<void> registerSqlFunctions(sqlite3* handle);

}  // namespace evd::db
