#include "queryd/plan/log_table.h"

#include <array>

namespace evd::queryd {

namespace {

constexpr std::array<TableColumn, 6> kColumns = {{
    {0, "timestamp", ColumnKind::Time},
    {1, "origin", ColumnKind::Text},
    {2, "is_error", ColumnKind::Boolean},
    {3, "message", ColumnKind::Text},
    {4, "boot_id", ColumnKind::Guid},
    {5, "job_id", ColumnKind::Guid},
}};

constexpr RecordTable kTable = {
    .store = StoreKind::Logs,
    .name = "logs",
    .record_word = "log line",
    .columns = kColumns,
    .name_column = 1,
    .name_word = "origin",
    .catalogue = "log_origins",
    .has_payload = false,
};

}  // namespace

const RecordTable& logTable() {
    return kTable;
}

}  // namespace evd::queryd
