#include "queryd/plan/record_table.h"

#include "common/base/text.h"

namespace evd::queryd {

const TableColumn* findColumn(const RecordTable& table, std::string_view name) {
    for (const TableColumn& column : table.columns) {
        if (column.name == name) {
            return &column;
        }
    }
    return nullptr;
}

std::optional<int64_t> aliasValue(const TableColumn& column, std::string_view word) {
    for (size_t i = 0; i < column.aliases.size(); ++i) {
        if (base::equalsFolded(column.aliases[i], word)) {
            return static_cast<int64_t>(i);
        }
    }
    return std::nullopt;
}

}  // namespace evd::queryd
