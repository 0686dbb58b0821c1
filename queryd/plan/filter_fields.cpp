#include "queryd/plan/filter_fields.h"

#include <set>

namespace evd::queryd {

namespace {

void collect(const EventPlan& plan, const Condition& condition, std::set<std::string>& names) {
    if (condition.kind == Condition::Kind::Compare) {
        const PlanField& field = plan.fields[condition.field];
        if (field.column != EventColumn::Timestamp) {
            names.insert(field.name);
        }
    }
    for (const Condition& child : condition.children) {
        collect(plan, child, names);
    }
}

}  // namespace

std::vector<std::string> filterFields(const EventPlan& plan) {
    std::set<std::string> names;
    if (plan.type_pattern) {
        names.emplace(eventColumnSpec(EventColumn::EventType).name);
    }
    for (const auto* conditions : {&plan.on_type, &plan.on_header, &plan.on_row}) {
        for (const Condition& condition : *conditions) {
            collect(plan, condition, names);
        }
    }
    return {names.begin(), names.end()};
}

}  // namespace evd::queryd
