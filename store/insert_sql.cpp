#include "store/insert_sql.h"

#include "common/base/text.h"

namespace evd::store {

std::string insertSql(const InsertShape& shape, size_t rows) {
    std::string sql =
        base::cat("INSERT OR FAIL INTO ", shape.table, "(", shape.columns, ") VALUES ");
    int parameter = shape.shared_column ? 1 : 0;
    for (size_t row = 0; row < rows; ++row) {
        sql += row == 0 ? "(" : ",(";
        for (int column = 0; column < shape.column_count; ++column) {
            const int number = column == shape.shared_column ? 1 : ++parameter;
            sql += base::cat(column == 0 ? "?" : ",?", number);
        }
        sql += ')';
    }
    return sql;
}

}  // namespace evd::store
