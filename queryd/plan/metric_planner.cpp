#include "queryd/plan/metric_planner.h"

#include "common/base/clock.h"
#include "queryd/lang/literals.h"
#include "queryd/plan/condition_tree.h"
#include "queryd/plan/event_table.h"
#include "queryd/plan/field_list.h"
#include "queryd/plan/literal_binder.h"

#include <algorithm>

namespace evd::queryd {

namespace {

constexpr int64_t kTimeMax = std::numeric_limits<int64_t>::max();

class MetricPlanner {
  public:
    MetricPlanner(const Query& query, int64_t now_ns) : query_(query), now_ns_(now_ns) {}

    base::Result<MetricPlan> run() {
        plan_.name_pattern = query_.metric.name;
        plan_.per_series = query_.metric.brackets;
        plan_.now_ns = now_ns_;
        plan_.transform = query_.value_function;
        plan_.aggregate = query_.series_function;
        plan_.window = query_.window;
        plan_.skip = query_.skip.value_or(0);
        plan_.take = query_.take;
        bindTime();
        for (const Predicate& label : query_.metric.labels) {
            EVD_TRY(bindPart(label, /*in_brackets=*/true));
        }
        for (const Predicate& predicate : query_.where) {
            EVD_TRY(bindPart(predicate, /*in_brackets=*/false));
        }
        bindShape();
        chooseRollup();
        return std::move(plan_);
    }

  private:
    // UNTIL is now unless it is named (Spec §8.1).
    void bindTime() {
        plan_.latest = !query_.since;
        if (query_.since) {
            plan_.time.since_ns = resolveTime(*query_.since, now_ns_);
        }
        if (query_.until) {
            plan_.time.until_ns = resolveTime(*query_.until, now_ns_);
        } else if (now_ns_ < kTimeMax) {
            plan_.time.until_ns = now_ns_ + 1;
        }
    }

    // What must all hold is taken apart, so that each part goes where it costs least.
    base::Result<void> bindPart(const Predicate& predicate, bool in_brackets) {
        if (predicate.kind == Predicate::Kind::And) {
            for (const Predicate& child : predicate.children) {
                EVD_TRY(bindPart(child, in_brackets));
            }
            return {};
        }
        auto condition = bindCondition(predicate, in_brackets);
        if (!condition) {
            return condition.error();
        }
        narrowBounds(condition.value());
        auto& place = isOnTime(condition.value())     ? plan_.on_time
                      : isOnSeries(condition.value()) ? plan_.on_series
                                                      : plan_.on_sample;
        place.push_back(std::move(condition).value());
        return {};
    }

    base::Result<Condition> bindCondition(const Predicate& predicate, bool in_brackets) {
        return bindTree(predicate, [this, in_brackets](const Predicate& leaf) {
            return leaf.kind == Predicate::Kind::Compare ? bindComparison(leaf, in_brackets)
                                                         : bindDuring(leaf);
        });
    }

    base::Result<Condition> bindDuring(const Predicate& predicate) {
        auto condition = addCross(predicate, now_ns_, plan_.cross);
        if (condition) {
            condition.value().field = fieldIndex({"timestamp", MetricField::Kind::Timestamp});
        }
        return condition;
    }

    base::Result<Condition> bindComparison(const Predicate& predicate, bool in_brackets) {
        const std::string& name = predicate.field.name;
        // Brackets speak of labels only.
        const auto kind = in_brackets ? MetricField::Kind::Label : metricFieldKind(name);
        const PlanField as_event{
            name, kind == MetricField::Kind::Timestamp ? findColumn(eventTable(), name) : nullptr};
        Condition condition;
        condition.op = predicate.op;
        condition.field = fieldIndex({name, kind});
        auto values = bindLiterals(as_event, predicate, now_ns_);
        if (!values) {
            return values.error();
        }
        condition.values = std::move(values).value();
        return condition;
    }

    size_t fieldIndex(const MetricField& field) { return indexIn(plan_.fields, field); }

    bool isOnSeries(const Condition& condition) const {
        if (condition.kind == Condition::Kind::During) {
            return false;
        }
        if (condition.kind == Condition::Kind::Compare) {
            const auto kind = plan_.fields[condition.field].kind;
            return kind != MetricField::Kind::Timestamp && kind != MetricField::Kind::Value;
        }
        return std::all_of(condition.children.begin(), condition.children.end(),
                           [this](const Condition& child) { return isOnSeries(child); });
    }

    // A plain bound on timestamp keeps samples from being read only to be passed over.
    void narrowBounds(const Condition& condition) {
        const bool is_bound = condition.kind == Condition::Kind::Compare &&
                              plan_.fields[condition.field].kind == MetricField::Kind::Timestamp &&
                              condition.values.size() == 1 &&
                              condition.values.front().kind == Constant::Kind::Int;
        if (!is_bound) {
            return;
        }
        const int64_t value = condition.values.front().int_value;
        const CompareOperator op = condition.op;
        if (op == CompareOperator::Equal || op == CompareOperator::Greater ||
            op == CompareOperator::GreaterOrEqual) {
            plan_.bounds.since_ns = std::max(plan_.bounds.since_ns, value);
        }
        const bool bounds_above = op == CompareOperator::Equal || op == CompareOperator::Less ||
                                  op == CompareOperator::LessOrEqual;
        if (bounds_above && value < kTimeMax) {
            plan_.bounds.until_ns = std::min(plan_.bounds.until_ns, value + 1);
        }
    }

    void bindShape() {
        for (const SortField& sort : query_.sort) {
            const MetricField field{sort.field.name, metricFieldKind(sort.field.name)};
            plan_.sort.push_back({fieldIndex(field), sort.descending});
        }
        for (const FieldName& named : query_.select) {
            const size_t index = fieldIndex({named.name, metricFieldKind(named.name)});
            if (!plan_.select) {
                plan_.select.emplace();
            }
            if (std::find(plan_.select->begin(), plan_.select->end(), index) ==
                plan_.select->end()) {
                plan_.select->push_back(index);
            }
        }
    }

    // Only where a window is folded out of all samples of one series (Spec §7.4): conditions on
    // samples, and one value per series before the window, leave nothing for a rollup to stand for.
    void chooseRollup() {
        const bool scalar_first = plan_.per_series && plan_.aggregate;
        if (!query_.window || !plan_.on_sample.empty() || !plan_.on_time.empty() || scalar_first) {
            return;
        }
        const SeriesFunction folded = query_.window->function;
        const auto function = query_.value_function
                                  ? sampleFunctionOf(*query_.value_function, folded)
                                  : std::optional(windowFunctionOf(folded));
        const int64_t seconds = query_.window->duration_ns / base::kNsPerSecond;
        const bool is_whole = seconds * base::kNsPerSecond == query_.window->duration_ns;
        if (function && is_whole && seconds <= std::numeric_limits<uint32_t>::max()) {
            plan_.rollup = RollupUse{*function, static_cast<uint32_t>(seconds)};
        }
    }

    const Query& query_;
    const int64_t now_ns_;
    MetricPlan plan_;
};

}  // namespace

base::Result<MetricPlan> planMetric(const Query& query, int64_t now_ns) {
    return MetricPlanner(query, now_ns).run();
}

}  // namespace evd::queryd
