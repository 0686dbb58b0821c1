#include "common/db/metadata.h"

#include "common/db/statements.h"

namespace evd::db {

base::Result<std::optional<std::string>> readMetadata(Connection& connection,
                                                      std::string_view key) {
    auto query = connection.prepare("SELECT value FROM metadata WHERE key = ?1");
    if (!query) {
        return query.error();
    }
    query.value()->bindText(1, key);
    const Row row(*query.value());
    if (!row.found()) {
        return row.found().error();
    }
    return row.found().value() ? std::optional(std::string(query.value()->columnText(0)))
                               : std::nullopt;
}

base::Result<void> writeMetadata(Connection& connection, std::string_view key,
                                 std::string_view value) {
    auto write = connection.prepare(kWriteMetadataSql);
    if (!write) {
        return write.error();
    }
    write.value()->bindText(1, key);
    write.value()->bindText(2, value);
    return runOnce(*write.value());
}

}  // namespace evd::db
