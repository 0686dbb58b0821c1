#include "queryd/plan/event_table.h"

#include <array>

namespace evd::queryd {

namespace {

// The index is the value.
constexpr std::array<std::string_view, 4> kOriginClasses = {"userspace", "kmes", "kacs", "lcs"};

constexpr std::array<TableColumn, 9> kColumns = {{
    {0, "timestamp", ColumnKind::Time},
    {1, "cpu_id", ColumnKind::Integer},
    {2, "sequence", ColumnKind::Integer},
    {3, "origin_class", ColumnKind::Integer, kOriginClasses, "origin class"},
    {4, "event_type", ColumnKind::Text},
    {5, "effective_token_guid", ColumnKind::Guid},
    {6, "true_token_guid", ColumnKind::Guid},
    {7, "process_guid", ColumnKind::Guid},
    {8, "boot_id", ColumnKind::Guid},
}};

constexpr RecordTable kTable = {
    .store = StoreKind::Events,
    .name = "events",
    .record_word = "event",
    .columns = kColumns,
    .name_column = 4,
    .name_word = "type",
    .catalogue = "event_types",
    .has_payload = true,
};

}  // namespace

const RecordTable& eventTable() {
    return kTable;
}

}  // namespace evd::queryd
