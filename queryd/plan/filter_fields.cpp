#include "queryd/plan/filter_fields.h"

#include "queryd/plan/event_table.h"

#include <set>

namespace evd::queryd {

namespace {

void collect(const RecordPlan& plan, const Condition& condition, std::set<std::string>& names) {
    if (condition.kind == Condition::Kind::Compare) {
        const PlanField& field = plan.fields[condition.field];
        if (field.column != &plan.table->time()) {
            names.insert(field.name);
        }
    }
    for (const Condition& child : condition.children) {
        collect(plan, child, names);
    }
}

}  // namespace

std::vector<std::string> crossFields(const std::vector<CrossCondition>& conditions) {
    for (const CrossCondition& condition : conditions) {
        if (condition.kind == CrossCondition::Kind::Event) {
            return {std::string(eventTable().nameColumn().name)};
        }
    }
    return {};
}

std::vector<std::string> filterFields(const RecordPlan& plan) {
    std::set<std::string> names;
    if (plan.name_pattern) {
        names.emplace(plan.table->nameColumn().name);
    }
    for (const auto* conditions : {&plan.on_name, &plan.on_column, &plan.on_row}) {
        for (const Condition& condition : *conditions) {
            collect(plan, condition, names);
        }
    }
    return {names.begin(), names.end()};
}

}  // namespace evd::queryd
