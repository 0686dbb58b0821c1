#include "queryd/plan/sql_writer.h"

#include "common/base/check.h"
#include "common/base/guid.h"
#include "common/base/text.h"

#include <algorithm>

namespace evd::queryd {

namespace {

bool isExactConstant(ColumnKind kind, CompareOperator op, const Constant& constant) {
    if (kind == ColumnKind::Integer || kind == ColumnKind::Time) {
        return constant.kind == Constant::Kind::Int;
    }
    if (kind == ColumnKind::Boolean) {
        return !isOrdering(op) && constant.kind == Constant::Kind::Boolean;
    }
    return kind == ColumnKind::Guid && !isOrdering(op) && constant.kind == Constant::Kind::Text &&
           base::parseGuid(constant.text).ok();
}

bool isExactComparison(const PlanField& field, const Condition& condition) {
    if (field.column == nullptr || isTextOperator(condition.op) ||
        condition.op == CompareOperator::Has) {
        return false;
    }
    const ColumnKind kind = field.column->kind;
    return std::all_of(
        condition.values.begin(), condition.values.end(),
        [&](const Constant& constant) { return isExactConstant(kind, condition.op, constant); });
}

size_t termCount(const Condition& condition) {
    const bool is_comparison = condition.kind == Condition::Kind::Compare;
    size_t count = is_comparison ? std::max<size_t>(1, condition.values.size()) : 0;
    for (const Condition& child : condition.children) {
        count += termCount(child);
    }
    return count;
}

bool isExact(std::span<const PlanField> fields, const Condition& condition) {
    if (condition.kind == Condition::Kind::During) {
        return false;
    }
    if (condition.kind == Condition::Kind::Compare) {
        return isExactComparison(fields[condition.field], condition);
    }
    return std::all_of(condition.children.begin(), condition.children.end(),
                       [&](const Condition& child) { return isExact(fields, child); });
}

const char* sqlOperator(CompareOperator op) {
    switch (op) {
        case CompareOperator::Equal:
            return " = ";
        case CompareOperator::NotEqual:
            return " <> ";
        case CompareOperator::Less:
        case CompareOperator::LessOrEqual:
        case CompareOperator::Greater:
        case CompareOperator::GreaterOrEqual:
            return operatorName(op);
        case CompareOperator::In:
            return " IN ";
        case CompareOperator::NotIn:
            return " NOT IN ";
        case CompareOperator::IsNull:
            return " IS NULL";
        case CompareOperator::IsNotNull:
            return " IS NOT NULL";
        case CompareOperator::StartsWith:
        case CompareOperator::EndsWith:
        case CompareOperator::Contains:
        case CompareOperator::Has:
        case CompareOperator::Matches:
            break;
    }
    EVD_CHECK(false, "an operator that SQL does not say exactly");
    return "";
}

SqlParameter parameterOf(const Constant& constant) {
    if (constant.kind == Constant::Kind::Int || constant.kind == Constant::Kind::Boolean) {
        return SqlParameter::ofInteger(
            constant.kind == Constant::Kind::Int ? constant.int_value : int64_t{constant.boolean});
    }
    const auto guid = base::parseGuid(constant.text);
    EVD_CHECK(guid.ok(), "a text that is no GUID reached SQL");
    return SqlParameter::ofBlob(std::string(base::asText(guid.value().bytes)));
}

std::string writeComparison(const PlanField& field, const Condition& condition, SqlAccess access,
                            std::vector<SqlParameter>& parameters) {
    const bool is_null_test =
        condition.op == CompareOperator::IsNull || condition.op == CompareOperator::IsNotNull;
    // Whatever is not 0 is true, as in the rows.
    const bool is_boolean = field.column->kind == ColumnKind::Boolean && !is_null_test;
    // A plus sign keeps the column from being looked up in an index.
    std::string sql =
        base::cat(access == SqlAccess::RowOrder ? "+" : "", is_boolean ? "(" : "",
                  field.column->name, is_boolean ? "<>0)" : "", sqlOperator(condition.op));
    const bool is_set =
        condition.op == CompareOperator::In || condition.op == CompareOperator::NotIn;
    sql += is_set ? "(" : "";
    for (size_t i = 0; i < condition.values.size(); ++i) {
        sql += i == 0 ? "?" : ",?";
        parameters.push_back(parameterOf(condition.values[i]));
    }
    return sql + (is_set ? ")" : "");
}

}  // namespace

SqlParameter SqlParameter::ofInteger(int64_t value) {
    SqlParameter parameter;
    parameter.integer = value;
    return parameter;
}

SqlParameter SqlParameter::ofFloat(double value) {
    SqlParameter parameter;
    parameter.kind = Kind::Float;
    parameter.floating = value;
    return parameter;
}

SqlParameter SqlParameter::ofText(std::string value) {
    SqlParameter parameter;
    parameter.kind = Kind::Text;
    parameter.bytes = std::move(value);
    return parameter;
}

SqlParameter SqlParameter::ofBlob(std::string value) {
    SqlParameter parameter;
    parameter.kind = Kind::Blob;
    parameter.bytes = std::move(value);
    return parameter;
}

bool isExactInSql(std::span<const PlanField> fields, const Condition& condition) {
    return termCount(condition) <= kSqlTermsMax && isExact(fields, condition);
}

std::string writeCondition(std::span<const PlanField> fields, const Condition& condition,
                           SqlAccess access, std::vector<SqlParameter>& parameters) {
    switch (condition.kind) {
        case Condition::Kind::Compare:
            return writeComparison(fields[condition.field], condition, access, parameters);
        case Condition::Kind::Not:
            // The plain complement: what is unknown inside is not the case, so its NOT is (Q14).
            return base::cat("((",
                             writeCondition(fields, condition.children.front(), access, parameters),
                             ") IS NOT TRUE)");
        case Condition::Kind::During:
            EVD_CHECK(false, "ranges of time that SQL was not to say");
            return "";
        case Condition::Kind::And:
        case Condition::Kind::Or:
            break;
    }
    std::string sql = "(";
    for (size_t i = 0; i < condition.children.size(); ++i) {
        const char* glue = condition.kind == Condition::Kind::And ? " AND " : " OR ";
        sql += base::cat(i == 0 ? "" : glue,
                         writeCondition(fields, condition.children[i], access, parameters));
    }
    return sql + ")";
}

}  // namespace evd::queryd
