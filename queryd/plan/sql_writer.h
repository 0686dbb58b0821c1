#pragma once

#include "queryd/plan/condition.h"

#include <span>
#include <string>
#include <vector>

namespace evd::queryd {

// Above this many comparisons a condition is judged in the row loop: SQLite bounds the depth of an
// expression.
inline constexpr size_t kSqlTermsMax = 200;

// Whether SQL can say the condition exactly as the language means it: columns of integers,
// booleans and GUIDs, compared with values of their own kind. Text is not among them, because
// SQLite folds and ends it differently (Ruling Q3); types are resolved before.
bool isExactInSql(std::span<const PlanField> fields, const Condition& condition);

// A parameter of a statement, in the order of its question marks.
struct SqlParameter {
    enum class Kind { Integer, Float, Text, Blob };
    Kind kind = Kind::Integer;
    int64_t integer = 0;
    double floating = 0;
    std::string bytes;

    static SqlParameter ofInteger(int64_t value);
    static SqlParameter ofFloat(double value);
    static SqlParameter ofText(std::string value);
    static SqlParameter ofBlob(std::string value);
};

// How a statement may find its rows.
enum class SqlAccess {
    AnyIndex,  // SQLite chooses
    RowOrder,  // the order alone decides; conditions must not pull another index in
};

// Writes a condition that is exact in SQL, appending its parameters. Values are always parameters;
// only column names of ours stand in the text.
std::string writeCondition(std::span<const PlanField> fields, const Condition& condition,
                           SqlAccess access, std::vector<SqlParameter>& parameters);

}  // namespace evd::queryd
