#include "queryd/plan/plan_printer.h"

#include "common/base/text.h"

#include <limits>

namespace evd::queryd {

namespace {

std::string printConstant(const Constant& constant) {
    switch (constant.kind) {
        case Constant::Kind::Boolean:
            return constant.boolean ? "true" : "false";
        case Constant::Kind::Int:
            return base::cat(constant.int_value);
        case Constant::Kind::Uint:
            return base::cat(constant.uint_value);
        case Constant::Kind::Float:
            return base::cat(constant.float_value);
        case Constant::Kind::Text:
            return base::cat('"', constant.text, '"');
        case Constant::Kind::Bytes:
            return base::cat("x\"", base::encodeHex(base::asBytes(constant.text)), '"');
    }
    return "";
}

std::string printComparison(const RecordPlan& plan, const Condition& condition) {
    std::string text =
        base::cat(plan.fields[condition.field].name, " ", operatorName(condition.op));
    const bool is_set =
        condition.op == CompareOperator::In || condition.op == CompareOperator::NotIn;
    text += is_set ? " (" : condition.values.empty() ? "" : " ";
    for (size_t i = 0; i < condition.values.size(); ++i) {
        text += base::cat(i == 0 ? "" : ", ", printConstant(condition.values[i]));
    }
    return text + (is_set ? ")" : "");
}

std::string printCross(const CrossCondition& cross) {
    switch (cross.kind) {
        case CrossCondition::Kind::Event:
            return base::cat("EVENT \"", cross.subject, "\" EXISTS");
        case CrossCondition::Kind::Log:
            return base::cat(
                "LOG \"", cross.subject, "\"", cross.containing ? " CONTAINING \"" : "",
                cross.containing.value_or(""), cross.containing ? "\"" : "", " EXISTS");
        case CrossCondition::Kind::Metric:
            break;
    }
    std::string text = base::cat("METRIC \"", cross.subject, cross.per_series ? "\"[" : "\"");
    RecordPlan names;  // conditions are printed by the names of their fields alone
    names.fields = cross.labels;
    for (size_t i = 0; i < cross.on_labels.size(); ++i) {
        text += base::cat(i == 0 ? "" : ", ", printCondition(names, cross.on_labels[i]));
    }
    return base::cat(text, cross.per_series ? "] " : " ", operatorName(cross.op), " ",
                     printConstant(cross.limit));
}

std::string printTime(const TimeRange& time) {
    std::string text = "time:";
    if (time.since_ns != std::numeric_limits<int64_t>::min()) {
        text += base::cat(" from ", base::formatIsoTime(time.since_ns));
    }
    if (time.until_ns != std::numeric_limits<int64_t>::max()) {
        text += base::cat(" before ", base::formatIsoTime(time.until_ns));
    }
    return text.size() == 5 ? "time: all" : text;
}

void printConditions(const RecordPlan& plan, std::string_view who,
                     const std::vector<Condition>& conditions, std::string& out) {
    for (const Condition& condition : conditions) {
        out += base::cat(who, ": ", printCondition(plan, condition), "\n");
    }
}

std::string printAggregation(const RecordPlan& plan, const PlanAggregation& aggregation) {
    std::string text = aggregation.distinct ? "distinct" : groupFunctionName(aggregation.function);
    if (aggregation.argument) {
        text += base::cat(" of ", plan.fields[*aggregation.argument].name);
    }
    for (size_t i = 0; i < aggregation.groups.size(); ++i) {
        text += base::cat(i == 0 ? " by " : ", ", plan.fields[aggregation.groups[i]].name);
    }
    if (aggregation.bucket_ns != 0) {
        text += base::cat(" per ", aggregation.bucket_ns, " ns");
    }
    return text + (aggregation.top ? base::cat(", first ", *aggregation.top) : "");
}

std::string nameOf(const RecordPlan& plan, size_t index) {
    return plan.aggregation ? plan.aggregation->result_names[index] : plan.fields[index].name;
}

}  // namespace

std::string printCondition(const RecordPlan& plan, const Condition& condition) {
    switch (condition.kind) {
        case Condition::Kind::Compare:
            return printComparison(plan, condition);
        case Condition::Kind::During:
            return condition.cross < plan.cross.size() ? printCross(plan.cross[condition.cross])
                                                       : "in ranges of time found before";
        case Condition::Kind::Not:
            return base::cat("NOT (", printCondition(plan, condition.children.front()), ")");
        case Condition::Kind::And:
        case Condition::Kind::Or:
            break;
    }
    std::string text = "(";
    for (size_t i = 0; i < condition.children.size(); ++i) {
        const char* glue = condition.kind == Condition::Kind::And ? " AND " : " OR ";
        text += base::cat(i == 0 ? "" : glue, printCondition(plan, condition.children[i]));
    }
    return text + ")";
}

std::string printPlan(const RecordPlan& plan) {
    std::string text =
        base::cat(plan.table->name, " in every database\n", printTime(plan.time), "\n");
    printConditions(plan, "before, in other stores", plan.on_time, text);
    if (plan.name_pattern) {
        text += base::cat("once per ", plan.table->name_word, ": ", plan.table->nameColumn().name,
                          " like \"", *plan.name_pattern, "\"\n");
    }
    printConditions(plan, base::cat("once per ", plan.table->name_word), plan.on_name, text);
    printConditions(plan, "in the database", plan.on_column, text);
    printConditions(plan, "per row", plan.on_row, text);
    if (plan.context_lines != 0) {
        text += base::cat("around each: ", plan.context_lines, " of the same ",
                          plan.table->name_word, "\n");
    }
    if (plan.aggregation) {
        text += base::cat("aggregate: ", printAggregation(plan, *plan.aggregation), "\n");
    }
    for (const PlanSort& sort : plan.sort) {
        text += base::cat("sort: ", nameOf(plan, sort.field), sort.descending ? " DESC\n" : "\n");
    }
    if (plan.skip != 0) {
        text += base::cat("skip: ", plan.skip, "\n");
    }
    if (plan.take) {
        text += base::cat("take: ", *plan.take, "\n");
    }
    if (plan.select) {
        for (const size_t index : *plan.select) {
            text += base::cat("select: ", nameOf(plan, index), "\n");
        }
    }
    return text + (plan.stream ? "then: live records as they are committed\n" : "");
}

}  // namespace evd::queryd
