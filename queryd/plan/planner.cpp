#include "queryd/plan/planner.h"

#include "queryd/plan/binder.h"
#include "queryd/plan/sql_writer.h"

#include <algorithm>
#include <limits>

namespace evd::queryd {

namespace {

constexpr int64_t kTimeMax = std::numeric_limits<int64_t>::max();

// The parts that must all hold, taken apart at every AND on the way down.
void flatten(Condition condition, std::vector<Condition>& parts) {
    if (condition.kind != Condition::Kind::And) {
        parts.push_back(std::move(condition));
        return;
    }
    for (Condition& child : condition.children) {
        flatten(std::move(child), parts);
    }
}

bool isOnColumn(const RecordPlan& plan, const Condition& condition, const TableColumn& column) {
    if (condition.kind == Condition::Kind::During) {
        return false;
    }
    if (condition.kind == Condition::Kind::Compare) {
        return plan.fields[condition.field].column == &column;
    }
    return std::all_of(condition.children.begin(), condition.children.end(),
                       [&](const Condition& child) { return isOnColumn(plan, child, column); });
}

// Whether the condition is a bound on timestamp, which then narrows the range.
bool narrowTime(RecordPlan& plan, const Condition& condition) {
    const bool is_bound = condition.kind == Condition::Kind::Compare &&
                          plan.fields[condition.field].column == &plan.table->time() &&
                          condition.values.size() == 1 &&
                          condition.values.front().kind == Constant::Kind::Int;
    const bool has_range =
        is_bound && (condition.op == CompareOperator::Equal || isOrdering(condition.op));
    const int64_t value = has_range ? condition.values.front().int_value : kTimeMax;
    if (value == kTimeMax) {
        return false;  // the moment after it does not exist; SQL can say it all the same
    }
    const auto notBefore = [&](int64_t since) {
        plan.time.since_ns = std::max(plan.time.since_ns, since);
    };
    const auto before = [&](int64_t until) {
        plan.time.until_ns = std::min(plan.time.until_ns, until);
    };
    if (condition.op == CompareOperator::Equal || condition.op == CompareOperator::GreaterOrEqual) {
        notBefore(value);
    }
    if (condition.op == CompareOperator::Equal || condition.op == CompareOperator::LessOrEqual) {
        before(value + 1);
    }
    if (condition.op == CompareOperator::Greater) {
        notBefore(value + 1);
    }
    if (condition.op == CompareOperator::Less) {
        before(value);
    }
    plan.time_named = true;
    return true;
}

void place(RecordPlan& plan, Condition condition) {
    if (narrowTime(plan, condition)) {
        plan.on_bounds.push_back(std::move(condition));
        return;
    }
    if (isOnTime(condition)) {
        plan.on_time.push_back(std::move(condition));
    } else if (isOnColumn(plan, condition, plan.table->nameColumn())) {
        plan.on_name.push_back(std::move(condition));
    } else if (isExactInSql(plan.fields, condition)) {
        plan.on_column.push_back(std::move(condition));
    } else {
        plan.on_row.push_back(std::move(condition));
    }
}

}  // namespace

base::Result<RecordPlan> planQuery(const Query& query, int64_t now_ns) {
    EVD_CHECK(query.mode != Mode::Metric, "planMetric is for METRIC");
    auto bound = bindRecords(query, now_ns);
    if (!bound) {
        return bound.error();
    }
    RecordPlan plan = std::move(bound.value().plan);
    std::vector<Condition> parts;
    for (Condition& condition : bound.value().conditions) {
        flatten(std::move(condition), parts);
    }
    for (Condition& part : parts) {
        place(plan, std::move(part));
    }
    return plan;
}

RecordPlan livePlan(const RecordPlan& plan) {
    RecordPlan live = plan;
    live.sort.clear();
    live.skip = 0;
    live.take.reset();
    live.context_lines = 0;  // what is around a line is not known when it comes
    if (!plan.aggregation) {
        return live;
    }
    live.aggregation.reset();
    if (plan.select) {
        for (size_t& index : *live.select) {
            const std::string& name = plan.aggregation->result_names[index];
            index = live.fields.size();
            live.fields.push_back({name, findColumn(*live.table, name)});
        }
    }
    return live;
}

}  // namespace evd::queryd
