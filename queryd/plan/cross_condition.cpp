#include "queryd/plan/cross_condition.h"

#include "common/base/clock.h"
#include "common/base/text.h"
#include "queryd/lang/lexer.h"
#include "queryd/lang/literals.h"
#include "queryd/lang/token_cursor.h"
#include "queryd/plan/field_list.h"
#include "queryd/plan/literal_binder.h"

#include <algorithm>

namespace evd::queryd {

namespace {

constexpr int64_t kSecondsPerDay = 86'400;

bool isCross(const Predicate& predicate) {
    return predicate.kind == Predicate::Kind::MetricCondition ||
           predicate.kind == Predicate::Kind::EventExists ||
           predicate.kind == Predicate::Kind::LogExists;
}

// The first one as it is written; null when there is none.
const Predicate* findCross(const Predicate& predicate) {
    if (isCross(predicate)) {
        return &predicate;
    }
    for (const Predicate& child : predicate.children) {
        if (const Predicate* found = findCross(child)) {
            return found;
        }
    }
    return nullptr;
}

base::Result<Condition> bindLabel(const Predicate& label, int64_t now_ns,
                                  std::vector<PlanField>& labels) {
    const PlanField field{label.field.name, nullptr};
    Condition condition;
    condition.op = label.op;
    condition.field = indexIn(labels, field);
    auto values = bindLiterals(field, label, now_ns);
    if (!values) {
        return values.error();
    }
    condition.values = std::move(values).value();
    return condition;
}

const char* crossWord(const Predicate& predicate) {
    return predicate.kind == Predicate::Kind::MetricCondition ? "METRIC"
           : predicate.kind == Predicate::Kind::EventExists   ? "EVENT"
                                                              : "LOG";
}

// "7 days" where it is that, else "3600 seconds".
std::string duration(int64_t seconds) {
    const bool is_days = seconds % kSecondsPerDay == 0 && seconds != 0;
    const int64_t count = is_days ? seconds / kSecondsPerDay : seconds;
    return base::cat(count, is_days ? " day" : " second", count == 1 ? "" : "s");
}

}  // namespace

base::Result<CrossCondition> bindCross(const Predicate& predicate, int64_t now_ns) {
    CrossCondition cross;
    cross.subject = predicate.subject;
    cross.containing = predicate.containing;
    if (predicate.kind == Predicate::Kind::EventExists) {
        cross.kind = CrossCondition::Kind::Event;
        return cross;
    }
    if (predicate.kind == Predicate::Kind::LogExists) {
        cross.kind = CrossCondition::Kind::Log;
        return cross;
    }
    cross.per_series = predicate.brackets;
    for (const Predicate& label : predicate.children) {
        auto condition = bindLabel(label, now_ns, cross.labels);
        if (!condition) {
            return condition.error();
        }
        cross.on_labels.push_back(std::move(condition).value());
    }
    cross.op = predicate.op;
    auto limit = bindLiteral({"value", nullptr}, predicate.op, predicate.literals.front(), now_ns);
    if (!limit) {
        return limit.error();
    }
    cross.limit = std::move(limit).value();
    return cross;
}

base::Result<Condition> addCross(const Predicate& predicate, int64_t now_ns,
                                 std::vector<CrossCondition>& list) {
    if (list.size() == kCrossConditionsMax) {
        return errorAt(base::cat("more than ", kCrossConditionsMax,
                                 " conditions on METRIC, EVENT or LOG in a question,"),
                       predicate.at);
    }
    auto cross = bindCross(predicate, now_ns);
    if (!cross) {
        return cross.error();
    }
    Condition condition;
    condition.kind = Condition::Kind::During;
    condition.cross = list.size();
    list.push_back(std::move(cross).value());
    return condition;
}

bool isOnTime(const Condition& condition) {
    if (condition.kind == Condition::Kind::Compare) {
        return false;
    }
    return condition.kind == Condition::Kind::During ||
           std::all_of(condition.children.begin(), condition.children.end(), isOnTime);
}

base::Result<void> checkLookback(const Query& query, int64_t now_ns, int64_t lookback_seconds_max) {
    const Predicate* cross = nullptr;
    for (size_t i = 0; i < query.where.size() && cross == nullptr; ++i) {
        cross = findCross(query.where[i]);
    }
    if (cross == nullptr || !query.since) {  // the parser asks for SINCE
        return {};
    }
    const int64_t since = resolveTime(*query.since, now_ns);
    const int64_t until = query.until ? resolveTime(*query.until, now_ns) : now_ns;
    int64_t width = 0;
    const bool fits = since >= until || (!__builtin_sub_overflow(until, since, &width) &&
                                         width <= lookback_seconds_max * base::kNsPerSecond);
    if (fits) {
        return {};
    }
    return base::fail(
        base::ErrorKind::Invalid,
        base::cat("the time range is too large for the condition on ", crossWord(*cross), " at ",
                  describe(cross->at), ", which may look at ", duration(lookback_seconds_max),
                  ", narrow it with SINCE and UNTIL"));
}

}  // namespace evd::queryd
