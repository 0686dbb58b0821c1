#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace evd::queryd {

// What a question says, clause by clause, before anybody asks whether it makes sense for a store.
//
// Plain data made by the parser (parser.h) and read by the binder (plan/binder.h); copyable, safe
// to keep, owns its text. Limits are the parser's: depth, list lengths and name lengths are bounded
// there, so whoever walks this tree may recurse.

// Where a word stands in the text, both from 1; columns count characters, not bytes.
struct Position {
    uint32_t line = 1;
    uint32_t column = 1;
    bool operator==(const Position&) const = default;
};

enum class Mode { Events, Logs, Metric };

struct FieldName {
    std::string name;
    Position at;
};

// A moment, relative ones not yet resolved (Spec §8.1 time literals).
struct TimePoint {
    enum class Kind { Ago, Hence, Today, Yesterday, Absolute };
    Kind kind = Kind::Absolute;
    int64_t ns = 0;  // Ago, Hence: the distance; Absolute: since the epoch
    Position at;
};

// A value as it is written. Word is text without quotes, which may turn out to be an alias.
struct Literal {
    enum class Kind { Boolean, Int, Uint, Float, Text, Word, Bytes, Time };
    Kind kind = Kind::Text;
    bool boolean = false;
    int64_t int_value = 0;    // Int: every integer that fits i64
    uint64_t uint_value = 0;  // Uint: only integers above 2^63-1
    double float_value = 0;
    std::string text;  // Text, Word, Bytes
    TimePoint time;
    Position at;
};

enum class CompareOperator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    StartsWith,
    EndsWith,
    Contains,
    Has,
    Matches,
    In,
    NotIn,
    IsNull,
    IsNotNull,
};

// The spelling of an operator in the language.
const char* operatorName(CompareOperator op);
// Less and its kin, which need a number or a time on the right (Ruling Q4).
bool isOrdering(CompareOperator op);
// StartsWith and its kin, which need text on the right.
bool isTextOperator(CompareOperator op);

// A tree of conditions. And and Or have two or more children, Not exactly one.
struct Predicate {
    enum class Kind { And, Or, Not, Compare, MetricCondition, EventExists, LogExists };
    Kind kind = Kind::Compare;
    std::vector<Predicate> children;  // And, Or, Not; MetricCondition: its label filters
    Position at;

    FieldName field;  // Compare
    CompareOperator op = CompareOperator::Equal;
    std::vector<Literal> literals;  // one; none for IS; In and NotIn: one or more

    std::string subject;    // the metric's name, the event type pattern, the log's origin
    bool brackets = false;  // MetricCondition: [..] was written
    std::optional<std::string> containing;  // LogExists
};

struct SortField {
    FieldName field;
    bool descending = false;
};

enum class GroupFunction { Count, Sum, Avg, Min, Max };

const char* groupFunctionName(GroupFunction function);

// COUNT, COUNT BY, COUNT OVER, TOP, DISTINCT and GROUP, which are one thing with different clothes.
struct Aggregation {
    enum class Kind { Count, CountBy, CountOver, Top, Distinct, Group };
    Kind kind = Kind::Count;
    std::vector<FieldName> fields;  // what is grouped by
    GroupFunction function = GroupFunction::Count;
    std::optional<FieldName> argument;  // of Sum, Avg, Min, Max
    int64_t bucket_ns = 0;              // 0: none
    uint64_t top = 0;
    Position at;
};

enum class ValueFunction { Rate, Delta, P50, P95, P99 };
enum class SeriesFunction { Avg, Min, Max, Sum };

// Their words in the language.
const char* valueFunctionName(ValueFunction function);
const char* seriesFunctionName(SeriesFunction function);

struct MetricSelector {
    std::string name;
    bool brackets = false;
    std::vector<Predicate> labels;
};

struct WindowFunction {
    SeriesFunction function = SeriesFunction::Avg;
    int64_t duration_ns = 0;
};

struct Query {
    Mode mode = Mode::Events;

    // Clauses that all modes share.
    std::optional<TimePoint> since;
    std::optional<TimePoint> until;
    std::vector<Predicate> where;  // one per WHERE clause; all must hold
    std::vector<FieldName> select;
    std::vector<SortField> sort;
    std::optional<uint64_t> skip;
    std::optional<uint64_t> take;
    bool stream = false;
    std::optional<Aggregation> aggregation;

    // EVENTS
    std::optional<std::string> type_pattern;
    std::optional<FieldName> index_field;

    // LOGS
    std::vector<std::string> origins;
    bool errors_only = false;
    std::optional<std::string> containing;
    std::optional<uint64_t> context_lines;

    // METRIC
    MetricSelector metric;
    std::optional<ValueFunction> value_function;
    std::optional<SeriesFunction> series_function;
    std::optional<WindowFunction> window;
};

}  // namespace evd::queryd
