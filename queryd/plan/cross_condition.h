#pragma once

#include "common/base/result.h"
#include "queryd/lang/ast.h"
#include "queryd/plan/condition.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace evd::queryd {

// A condition on another store (Spec §8.5): WHERE METRIC, WHERE EVENT, WHERE LOG.
//
// It says something about moments and nothing about the record, so it is answered once for a whole
// range of time, before the records are read (exec/cross_ranges.h); a Condition of kind During
// refers to it by its index in the plan. Plain data, made by bindCross().
struct CrossCondition {
    enum class Kind { Metric, Event, Log };
    Kind kind = Kind::Metric;
    std::string subject;  // the metric's name and the event type as patterns, the log's origin
    std::optional<std::string> containing;  // Log: the text in the message

    // Metric: without brackets all series are one (Ruling M2), with them each speaks for itself.
    bool per_series = false;
    std::vector<PlanField> labels;     // that on_labels names
    std::vector<Condition> on_labels;  // all of these must hold
    CompareOperator op = CompareOperator::Equal;
    Constant limit;
};

// The meaning of one written condition; Invalid where a label's value cannot be meant. Pure.
base::Result<CrossCondition> bindCross(const Predicate& predicate, int64_t now_ns);

// More of them in a question are refused: each is a question of its own, in a stream for every
// batch.
inline constexpr size_t kCrossConditionsMax = 64;

// Appends it to the list and gives the condition that refers to it. Its field, the record's time,
// is the caller's to fill in.
base::Result<Condition> addCross(const Predicate& predicate, int64_t now_ns,
                                 std::vector<CrossCondition>& list);

// Whether the condition speaks of moments alone, so that it is a set of them.
bool isOnTime(const Condition& condition);

// Whether the question's range, SINCE to UNTIL or to now, is short enough for its conditions on
// other stores (CrossTypeMaxLookbackSeconds); Invalid with the sentence otherwise. A question
// without such conditions may have any range. Pure.
base::Result<void> checkLookback(const Query& query, int64_t now_ns, int64_t lookback_seconds_max);

}  // namespace evd::queryd
