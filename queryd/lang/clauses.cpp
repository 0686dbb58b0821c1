#include "queryd/lang/clauses.h"

#include "common/base/text.h"
#include "queryd/lang/parser.h"
#include "queryd/lang/value_parser.h"

#include <array>

namespace evd::queryd {

namespace {

using Outcome = base::Result<void>;

// Moves a parsed part into its place in the tree.
template <typename Part, typename Place>
Outcome store(base::Result<Part> part, Place& place) {
    if (!part) {
        return part.error();
    }
    place = std::move(part).value();
    return {};
}

Outcome readSince(ClauseContext& context) {
    return store(parseTimePoint(context.cursor), context.query.since);
}

Outcome readUntil(ClauseContext& context) {
    return store(parseTimePoint(context.cursor), context.query.until);
}

Outcome readWhere(ClauseContext& context) {
    auto condition = context.conditions.condition();
    if (!condition) {
        return condition.error();
    }
    context.query.where.push_back(std::move(condition).value());
    return {};
}

Outcome readSelect(ClauseContext& context) {
    const size_t room = kListLengthMax - context.query.select.size();
    auto fields = parseFields(context.cursor, room);
    if (!fields) {
        return fields.error();
    }
    for (FieldName& field : fields.value()) {
        context.query.select.push_back(std::move(field));
    }
    return {};
}

Outcome readSort(ClauseContext& context) {
    TokenCursor& cursor = context.cursor;
    do {
        auto field = parseField(cursor);
        if (!field) {
            return field.error();
        }
        if (context.query.sort.size() == kSortFieldsMax) {
            return errorAt(base::cat("SORT takes at most ", kSortFieldsMax, " fields,"),
                           field.value().at);
        }
        const bool descending = cursor.tryWord("DESC");
        if (!descending) {
            (void)cursor.tryWord("ASC");  // the default, said aloud
        }
        context.query.sort.push_back({std::move(field).value(), descending});
    } while (cursor.trySymbol(","));
    return {};
}

Outcome readSkip(ClauseContext& context) {
    return store(parseCount(context.cursor), context.query.skip);
}

Outcome readTake(ClauseContext& context) {
    return store(parseCount(context.cursor), context.query.take);
}

Outcome readStream(ClauseContext& context) {
    context.query.stream = true;
    return {};
}

Outcome readOneField(TokenCursor& cursor, std::vector<FieldName>& fields) {
    auto field = parseField(cursor);
    if (!field) {
        return field.error();
    }
    fields.push_back(std::move(field).value());
    return {};
}

// COUNT, COUNT BY field, COUNT OVER duration.
Outcome readCount(ClauseContext& context) {
    Aggregation aggregation;
    aggregation.at = context.word.at;
    if (context.cursor.tryWord("BY")) {
        aggregation.kind = Aggregation::Kind::CountBy;
        EVD_TRY(readOneField(context.cursor, aggregation.fields));
    } else if (context.cursor.tryWord("OVER")) {
        aggregation.kind = Aggregation::Kind::CountOver;
        EVD_TRY(store(parseWindow(context.cursor), aggregation.bucket_ns));
    }
    context.query.aggregation = std::move(aggregation);
    return {};
}

Outcome readTop(ClauseContext& context) {
    Aggregation aggregation;
    aggregation.kind = Aggregation::Kind::Top;
    aggregation.at = context.word.at;
    EVD_TRY(store(parseCount(context.cursor), aggregation.top));
    if (!context.cursor.tryWord("BY")) {
        return context.cursor.unexpected();
    }
    EVD_TRY(readOneField(context.cursor, aggregation.fields));
    context.query.aggregation = std::move(aggregation);
    return {};
}

Outcome readDistinct(ClauseContext& context) {
    Aggregation aggregation;
    aggregation.kind = Aggregation::Kind::Distinct;
    aggregation.at = context.word.at;
    EVD_TRY(readOneField(context.cursor, aggregation.fields));
    context.query.aggregation = std::move(aggregation);
    return {};
}

Outcome readGroupFunction(TokenCursor& cursor, Aggregation& aggregation) {
    constexpr std::array kFunctions = {GroupFunction::Count, GroupFunction::Sum, GroupFunction::Avg,
                                       GroupFunction::Min, GroupFunction::Max};
    for (const GroupFunction function : kFunctions) {
        if (!cursor.tryWord(groupFunctionName(function))) {
            continue;
        }
        aggregation.function = function;
        if (function == GroupFunction::Count) {
            return {};
        }
        return store(parseField(cursor), aggregation.argument);
    }
    return cursor.unexpected();
}

// GROUP f[, g] [BUCKET 1m] COUNT | SUM x | AVG x | MIN x | MAX x.
Outcome readGroup(ClauseContext& context) {
    Aggregation aggregation;
    aggregation.kind = Aggregation::Kind::Group;
    aggregation.at = context.word.at;
    EVD_TRY(store(parseFields(context.cursor, kGroupFieldsMax), aggregation.fields));
    if (context.cursor.tryWord("BUCKET")) {
        EVD_TRY(store(parseWindow(context.cursor), aggregation.bucket_ns));
    }
    EVD_TRY(readGroupFunction(context.cursor, aggregation));
    context.query.aggregation = std::move(aggregation);
    return {};
}

Outcome readIndex(ClauseContext& context) {
    return store(parseField(context.cursor), context.query.index_field);
}

Outcome readFrom(ClauseContext& context) {
    do {
        auto origin = parseName(context.cursor, "an origin");
        if (!origin) {
            return origin.error();
        }
        if (context.query.origins.size() == kListLengthMax) {
            return errorAt(base::cat("FROM takes at most ", kListLengthMax, " origins,"),
                           context.word.at);
        }
        context.query.origins.push_back(std::move(origin).value());
    } while (context.cursor.trySymbol(","));
    return {};
}

Outcome readErrorOnly(ClauseContext& context) {
    context.query.errors_only = true;
    return context.cursor.tryWord("ONLY") ? Outcome() : context.cursor.unexpected();
}

Outcome readContaining(ClauseContext& context) {
    return store(parseName(context.cursor, "a text"), context.query.containing);
}

Outcome readContext(ClauseContext& context) {
    if (!context.cursor.tryWord("CONTEXT")) {
        return context.cursor.unexpected();
    }
    return store(parseCount(context.cursor), context.query.context_lines);
}

template <ValueFunction Function>
Outcome readValueFunction(ClauseContext& context) {
    context.query.value_function = Function;
    return {};
}

template <SeriesFunction Function>
Outcome readSeriesFunction(ClauseContext& context) {
    context.query.series_function = Function;
    return {};
}

template <SeriesFunction Function>
Outcome readWindowFunction(ClauseContext& context) {
    WindowFunction window;
    window.function = Function;
    EVD_TRY(store(parseWindow(context.cursor), window.duration_ns));
    context.query.window = window;
    return {};
}

constexpr uint8_t kEverywhere = kInEvents | kInLogs | kInMetric;
constexpr uint8_t kInRecords = kInEvents | kInLogs;

constexpr ClauseRule kRules[] = {
    {"SINCE", kEverywhere, ClauseSlot::Since, readSince},
    {"UNTIL", kEverywhere, ClauseSlot::Until, readUntil},
    {"WHERE", kEverywhere, ClauseSlot::Repeatable, readWhere},
    {"SELECT", kEverywhere, ClauseSlot::Repeatable, readSelect},
    {"SORT", kEverywhere, ClauseSlot::Sort, readSort},
    {"SKIP", kEverywhere, ClauseSlot::Skip, readSkip},
    {"TAKE", kEverywhere, ClauseSlot::Take, readTake},
    {"STREAM", kInRecords, ClauseSlot::Stream, readStream},
    {"COUNT", kInRecords, ClauseSlot::Aggregation, readCount},
    {"TOP", kInRecords, ClauseSlot::Aggregation, readTop},
    {"DISTINCT", kInRecords, ClauseSlot::Aggregation, readDistinct},
    {"GROUP", kInRecords, ClauseSlot::Aggregation, readGroup},
    {"INDEX", kInEvents, ClauseSlot::Index, readIndex},
    {"FROM", kInLogs, ClauseSlot::From, readFrom},
    {"ERROR", kInLogs, ClauseSlot::ErrorOnly, readErrorOnly},
    {"CONTAINING", kInLogs, ClauseSlot::Containing, readContaining},
    {"WITH", kInLogs, ClauseSlot::Context, readContext},
    {"RATE", kInMetric, ClauseSlot::ValueFunction, readValueFunction<ValueFunction::Rate>},
    {"DELTA", kInMetric, ClauseSlot::ValueFunction, readValueFunction<ValueFunction::Delta>},
    {"P50", kInMetric, ClauseSlot::ValueFunction, readValueFunction<ValueFunction::P50>},
    {"P95", kInMetric, ClauseSlot::ValueFunction, readValueFunction<ValueFunction::P95>},
    {"P99", kInMetric, ClauseSlot::ValueFunction, readValueFunction<ValueFunction::P99>},
    {"AVG", kInMetric, ClauseSlot::SeriesFunction, readSeriesFunction<SeriesFunction::Avg>},
    {"MIN", kInMetric, ClauseSlot::SeriesFunction, readSeriesFunction<SeriesFunction::Min>},
    {"MAX", kInMetric, ClauseSlot::SeriesFunction, readSeriesFunction<SeriesFunction::Max>},
    {"SUM", kInMetric, ClauseSlot::SeriesFunction, readSeriesFunction<SeriesFunction::Sum>},
    {"AVG_OVER", kInMetric, ClauseSlot::WindowFunction, readWindowFunction<SeriesFunction::Avg>},
    {"MIN_OVER", kInMetric, ClauseSlot::WindowFunction, readWindowFunction<SeriesFunction::Min>},
    {"MAX_OVER", kInMetric, ClauseSlot::WindowFunction, readWindowFunction<SeriesFunction::Max>},
    {"SUM_OVER", kInMetric, ClauseSlot::WindowFunction, readWindowFunction<SeriesFunction::Sum>},
};

}  // namespace

std::span<const ClauseRule> clauseRules() {
    return kRules;
}

const ClauseRule* findClause(std::string_view word) {
    for (const ClauseRule& rule : kRules) {
        if (base::equalsFolded(rule.word, word)) {
            return &rule;
        }
    }
    return nullptr;
}

uint8_t modeBit(Mode mode) {
    switch (mode) {
        case Mode::Events:
            return kInEvents;
        case Mode::Logs:
            return kInLogs;
        case Mode::Metric:
            return kInMetric;
    }
    return 0;
}

const char* modeName(Mode mode) {
    switch (mode) {
        case Mode::Events:
            return "EVENTS";
        case Mode::Logs:
            return "LOGS";
        case Mode::Metric:
            return "METRIC";
    }
    return "";
}

}  // namespace evd::queryd
