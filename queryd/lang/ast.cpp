#include "queryd/lang/ast.h"

namespace evd::queryd {

const char* operatorName(CompareOperator op) {
    switch (op) {
        case CompareOperator::Equal:
            return "==";
        case CompareOperator::NotEqual:
            return "!=";
        case CompareOperator::Less:
            return "<";
        case CompareOperator::LessOrEqual:
            return "<=";
        case CompareOperator::Greater:
            return ">";
        case CompareOperator::GreaterOrEqual:
            return ">=";
        case CompareOperator::StartsWith:
            return "STARTS_WITH";
        case CompareOperator::EndsWith:
            return "ENDS_WITH";
        case CompareOperator::Contains:
            return "CONTAINS";
        case CompareOperator::Has:
            return "HAS";
        case CompareOperator::Matches:
            return "MATCHES";
        case CompareOperator::In:
            return "IN";
        case CompareOperator::NotIn:
            return "NOT_IN";
        case CompareOperator::IsNull:
            return "IS NULL";
        case CompareOperator::IsNotNull:
            return "IS NOT NULL";
    }
    return "";
}

bool isOrdering(CompareOperator op) {
    return op == CompareOperator::Less || op == CompareOperator::LessOrEqual ||
           op == CompareOperator::Greater || op == CompareOperator::GreaterOrEqual;
}

bool isTextOperator(CompareOperator op) {
    return op == CompareOperator::StartsWith || op == CompareOperator::EndsWith ||
           op == CompareOperator::Contains || op == CompareOperator::Matches;
}

const char* groupFunctionName(GroupFunction function) {
    switch (function) {
        case GroupFunction::Count:
            return "COUNT";
        case GroupFunction::Sum:
            return "SUM";
        case GroupFunction::Avg:
            return "AVG";
        case GroupFunction::Min:
            return "MIN";
        case GroupFunction::Max:
            return "MAX";
    }
    return "";
}

const char* valueFunctionName(ValueFunction function) {
    switch (function) {
        case ValueFunction::Rate:
            return "RATE";
        case ValueFunction::Delta:
            return "DELTA";
        case ValueFunction::P50:
            return "P50";
        case ValueFunction::P95:
            return "P95";
        case ValueFunction::P99:
            return "P99";
    }
    return "";
}

const char* seriesFunctionName(SeriesFunction function) {
    switch (function) {
        case SeriesFunction::Avg:
            return "AVG";
        case SeriesFunction::Min:
            return "MIN";
        case SeriesFunction::Max:
            return "MAX";
        case SeriesFunction::Sum:
            return "SUM";
    }
    return "";
}

}  // namespace evd::queryd
