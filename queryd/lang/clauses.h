#pragma once

#include "common/base/result.h"
#include "queryd/lang/ast.h"
#include "queryd/lang/condition_parser.h"
#include "queryd/lang/token_cursor.h"

#include <cstdint>
#include <span>
#include <string_view>

namespace evd::queryd {

inline constexpr uint8_t kInEvents = 1;
inline constexpr uint8_t kInLogs = 2;
inline constexpr uint8_t kInMetric = 4;

// Of clauses that share a slot only one may stand in a question (Ruling Q2, Q7).
enum class ClauseSlot {
    Repeatable,
    Since,
    Until,
    Sort,
    Skip,
    Take,
    Stream,
    Aggregation,
    Index,
    From,
    ErrorOnly,
    Containing,
    Context,
    ValueFunction,
    SeriesFunction,
    WindowFunction,
};

struct ClauseContext {
    TokenCursor& cursor;
    ConditionParser& conditions;
    Query& query;
    const Token& word;  // the clause's own first word, already taken
};

struct ClauseRule {
    std::string_view word;
    uint8_t modes = 0;
    ClauseSlot slot = ClauseSlot::Repeatable;
    base::Result<void> (*read)(ClauseContext& context) = nullptr;
};

// Every clause of the language: its first word, where it belongs and how the rest of it is read.
// The order is the order in which error sentences name them.
std::span<const ClauseRule> clauseRules();

// The clause that begins with this word in any mode; nullptr when none does.
const ClauseRule* findClause(std::string_view word);

uint8_t modeBit(Mode mode);
const char* modeName(Mode mode);

}  // namespace evd::queryd
