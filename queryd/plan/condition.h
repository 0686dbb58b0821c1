#pragma once

#include "queryd/lang/ast.h"
#include "queryd/plan/record_table.h"

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace evd::queryd {

class TextPattern;
class TimeRanges;

// A value to compare with. GUIDs are text in their canonical form, times are integers.
struct Constant {
    enum class Kind { Boolean, Int, Uint, Float, Text, Bytes };
    Kind kind = Kind::Int;
    bool boolean = false;
    int64_t int_value = 0;
    uint64_t uint_value = 0;
    double float_value = 0;
    std::string text;  // Text, Bytes
    // The right side of MATCHES, ready to be used; immutable, so that copies of a plan share it.
    std::shared_ptr<const TextPattern> pattern;

    static Constant ofBoolean(bool value);
    static Constant ofInt(int64_t value);
    static Constant ofText(std::string value);
};

// A field that the question names: a column of the table, or else a payload field.
struct PlanField {
    std::string name;
    const TableColumn* column = nullptr;
    bool operator==(const PlanField&) const = default;
};

// A condition over fields, which are indexes into RecordPlan::fields. The depth is bounded by the
// parser. During: the record's time, which is its field, lies where a condition on another store
// holds (plan/cross_condition.h).
struct Condition {
    enum class Kind { And, Or, Not, Compare, During };
    Kind kind = Kind::Compare;
    std::vector<Condition> children;  // And, Or: any number; Not: one
    CompareOperator op = CompareOperator::Equal;
    size_t field = 0;
    std::vector<Constant> values;  // none for IS; one or more for IN
    size_t cross = 0;              // During: of the plan's conditions on other stores
    // During: where that one holds, once it is known; immutable, so that copies of a plan share it.
    std::shared_ptr<const TimeRanges> ranges = nullptr;
    // FROM, which says what records are asked for and names no field of them (Ruling A5).
    bool is_selector = false;
};

// Which records may matter by time: since_ns inclusive, until_ns exclusive (Ruling Q5).
struct TimeRange {
    int64_t since_ns = std::numeric_limits<int64_t>::min();
    int64_t until_ns = std::numeric_limits<int64_t>::max();
    bool operator==(const TimeRange&) const = default;
};

}  // namespace evd::queryd
