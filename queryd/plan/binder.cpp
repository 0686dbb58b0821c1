#include "queryd/plan/binder.h"

#include "common/base/nearest_word.h"
#include "common/base/text.h"
#include "queryd/lang/literals.h"
#include "queryd/lang/token_cursor.h"
#include "queryd/plan/condition_tree.h"
#include "queryd/plan/event_table.h"
#include "queryd/plan/field_list.h"
#include "queryd/plan/literal_binder.h"
#include "queryd/plan/log_table.h"

#include <algorithm>
#include <limits>

namespace evd::queryd {

namespace {

using base::ErrorKind;

const RecordTable& tableOf(Mode mode) {
    return mode == Mode::Logs ? logTable() : eventTable();
}

class RecordBinder {
  public:
    RecordBinder(const Query& query, int64_t now_ns)
        : query_(query), now_ns_(now_ns), fields_(tableOf(query.mode), bound_.plan.fields) {
        plan().table = &tableOf(query.mode);
    }

    base::Result<BoundRecords> run() {
        if (query_.index_field) {
            return base::fail(ErrorKind::Invalid, "INDEX asks nothing that could be planned");
        }
        bindTime();
        bindLogSelectors();
        EVD_TRY(bindContext());
        plan().name_pattern = query_.type_pattern;
        plan().skip = query_.skip.value_or(0);
        plan().take = query_.take;
        plan().stream = query_.stream;
        for (const Predicate& predicate : query_.where) {
            auto condition = bindCondition(predicate);
            if (!condition) {
                return condition.error();
            }
            bound_.conditions.push_back(std::move(condition).value());
        }
        if (query_.aggregation) {
            EVD_TRY(bindAggregated());
        } else {
            EVD_TRY(bindRecord());
        }
        return std::move(bound_);
    }

  private:
    RecordPlan& plan() { return bound_.plan; }

    // UNTIL is now unless it is named (Spec §8.1); a question that goes on has no end.
    void bindTime() {
        TimeRange& time = plan().time;
        plan().time_named = query_.since || query_.until;
        if (query_.since) {
            time.since_ns = resolveTime(*query_.since, now_ns_);
        }
        if (query_.until) {
            time.until_ns = resolveTime(*query_.until, now_ns_);
        } else if (!query_.stream && now_ns_ < std::numeric_limits<int64_t>::max()) {
            time.until_ns = now_ns_ + 1;
        }
    }

    // FROM, ERROR ONLY and CONTAINING say in short what WHERE could say as well (Spec §8.3).
    void bindLogSelectors() {
        if (!query_.origins.empty()) {
            Condition& condition = addCondition("origin", CompareOperator::In);
            condition.is_selector = true;
            for (const std::string& origin : query_.origins) {
                condition.values.push_back(Constant::ofText(origin));
            }
        }
        if (query_.errors_only) {
            addCondition("is_error", CompareOperator::Equal).values = {Constant::ofBoolean(true)};
        }
        if (query_.containing) {
            addCondition("message", CompareOperator::Contains).values = {
                Constant::ofText(*query_.containing)};
        }
    }

    Condition& addCondition(std::string_view column, CompareOperator op) {
        Condition condition;
        condition.op = op;
        condition.field = fields_.indexOf(*findColumn(*plan().table, column));
        bound_.conditions.push_back(std::move(condition));
        return bound_.conditions.back();
    }

    base::Result<void> bindContext() {
        plan().context_lines = query_.context_lines.value_or(0);
        if (plan().context_lines > kContextLinesMax) {
            return base::fail(ErrorKind::Invalid,
                              base::cat("WITH CONTEXT takes at most ", kContextLinesMax, " lines"));
        }
        if (query_.context_lines && query_.aggregation) {
            return errorAt("an aggregation gives no log lines that WITH CONTEXT could surround,",
                           query_.aggregation->at);
        }
        return {};
    }

    base::Result<Condition> bindCondition(const Predicate& predicate) {
        return bindTree(predicate, [this](const Predicate& leaf) {
            return leaf.kind == Predicate::Kind::Compare ? bindComparison(leaf) : bindDuring(leaf);
        });
    }

    base::Result<Condition> bindDuring(const Predicate& predicate) {
        auto condition = addCross(predicate, now_ns_, plan().cross);
        if (condition) {
            condition.value().field = fields_.indexOf(plan().table->time());
        }
        return condition;
    }

    base::Result<Condition> bindComparison(const Predicate& predicate) {
        auto index = fields_.indexOf(predicate.field);
        if (!index) {
            return index.error();
        }
        Condition condition;
        condition.op = predicate.op;
        condition.field = index.value();
        auto values = bindLiterals(plan().fields[condition.field], predicate, now_ns_);
        if (!values) {
            return values.error();
        }
        condition.values = std::move(values).value();
        return condition;
    }

    base::Result<void> bindRecord() {
        for (const SortField& sort : query_.sort) {
            auto index = fields_.indexOf(sort.field);
            if (!index) {
                return index.error();
            }
            plan().sort.push_back({index.value(), sort.descending});
        }
        if (query_.select.empty()) {
            return {};
        }
        return bindFields(query_.select, plan().select.emplace());
    }

    base::Result<void> bindFields(const std::vector<FieldName>& fields,
                                  std::vector<size_t>& indexes) {
        for (const FieldName& field : fields) {
            auto index = fields_.indexOf(field);
            if (!index) {
                return index.error();
            }
            addOnce(indexes, index.value());
        }
        return {};
    }

    static void addOnce(std::vector<size_t>& list, size_t index) {
        if (std::find(list.begin(), list.end(), index) == list.end()) {
            list.push_back(index);
        }
    }

    base::Result<void> bindAggregated() {
        const Aggregation& written = *query_.aggregation;
        PlanAggregation aggregation;
        EVD_TRY(bindFields(written.fields, aggregation.groups));
        aggregation.function = written.function;
        if (written.argument) {
            auto index = fields_.indexOf(*written.argument);
            if (!index) {
                return index.error();
            }
            aggregation.argument = index.value();
        }
        aggregation.bucket_ns = written.bucket_ns;
        aggregation.distinct = written.kind == Aggregation::Kind::Distinct;
        if (written.kind == Aggregation::Kind::Top) {
            aggregation.top = written.top;
        }
        aggregation.count_first = !aggregation.distinct && aggregation.bucket_ns == 0 &&
                                  aggregation.function == GroupFunction::Count;
        nameResults(aggregation);
        EVD_TRY(bindResultNames(aggregation));
        plan().aggregation = std::move(aggregation);
        return {};
    }

    // An aggregate, or the bucket, that is called like a group gets underscores (Ruling Q7).
    void nameResults(PlanAggregation& aggregation) {
        std::vector<std::string> groups;
        for (const size_t group : aggregation.groups) {
            groups.push_back(plan().fields[group].name);
        }
        const auto freeName = [&groups](std::string name) {
            while (std::find(groups.begin(), groups.end(), name) != groups.end()) {
                name += '_';
            }
            return name;
        };
        if (aggregation.bucket_ns != 0) {
            aggregation.result_names.push_back(freeName("bucket"));
        }
        for (const std::string& group : groups) {
            aggregation.result_names.push_back(group);
        }
        if (!aggregation.distinct) {
            aggregation.result_names.push_back(
                freeName(base::foldAscii(std::string_view(groupFunctionName(writtenFunction())))));
        }
    }

    GroupFunction writtenFunction() const { return query_.aggregation->function; }

    // SORT and SELECT of an aggregation speak of its result (Ruling Q10).
    base::Result<void> bindResultNames(const PlanAggregation& aggregation) {
        for (const SortField& sort : query_.sort) {
            auto index = resultIndex(aggregation, sort.field);
            if (!index) {
                return index.error();
            }
            plan().sort.push_back({index.value(), sort.descending});
        }
        for (const FieldName& field : query_.select) {
            auto index = resultIndex(aggregation, field);
            if (!index) {
                return index.error();
            }
            if (!plan().select) {
                plan().select.emplace();
            }
            addOnce(*plan().select, index.value());
        }
        return {};
    }

    static base::Result<size_t> resultIndex(const PlanAggregation& aggregation,
                                            const FieldName& field) {
        const auto& names = aggregation.result_names;
        const auto found = std::find(names.begin(), names.end(), field.name);
        if (found != names.end()) {
            return static_cast<size_t>(found - names.begin());
        }
        const std::vector<std::string_view> candidates(names.begin(), names.end());
        return base::fail(
            ErrorKind::Invalid,
            base::cat(shownWord(field.name), " at ", describe(field.at),
                      " is no field of the result, which has ", joinedNames(candidates, " and "),
                      suggestion(field.name, candidates)));
    }

    const Query& query_;
    int64_t now_ns_;
    BoundRecords bound_;
    FieldList fields_;
};

}  // namespace

base::Result<BoundRecords> bindRecords(const Query& query, int64_t now_ns) {
    return RecordBinder(query, now_ns).run();
}

}  // namespace evd::queryd
