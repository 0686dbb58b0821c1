#include "queryd/plan/binder.h"

#include "common/base/nearest_word.h"
#include "common/base/text.h"
#include "queryd/lang/literals.h"
#include "queryd/lang/token_cursor.h"
#include "queryd/plan/literal_binder.h"

#include <algorithm>
#include <limits>

namespace evd::queryd {

namespace {

using base::ErrorKind;

base::Error notYet(std::string_view what, Position at) {
    return base::fail(ErrorKind::Unsupported,
                      base::cat("not available yet: ", what, " at ", describe(at)));
}

// A field's name as it would be written: bare where it may be.
std::string shownName(std::string_view name) {
    constexpr size_t kBareBytesMax = 60;
    const bool bare = name.size() <= kBareBytesMax && isPlainFieldName(name);
    return bare ? std::string(name) : shownWord(name);
}

class EventsBinder {
  public:
    EventsBinder(const Query& query, int64_t now_ns) : query_(query), now_ns_(now_ns) {}

    base::Result<BoundEvents> run() {
        if (query_.index_field) {
            return base::fail(ErrorKind::Invalid, "INDEX asks nothing that could be planned");
        }
        bindTime();
        plan().type_pattern = query_.type_pattern;
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
            bindRecords();
        }
        return std::move(bound_);
    }

  private:
    EventPlan& plan() { return bound_.plan; }

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

    size_t fieldIndex(const std::string& name) {
        const PlanField field{name, findEventColumn(name)};
        auto& fields = plan().fields;
        const auto found = std::find(fields.begin(), fields.end(), field);
        if (found != fields.end()) {
            return static_cast<size_t>(found - fields.begin());
        }
        fields.push_back(field);
        return fields.size() - 1;
    }

    base::Result<Condition> bindCondition(const Predicate& predicate) {
        Condition condition;
        switch (predicate.kind) {
            case Predicate::Kind::And:
                condition.kind = Condition::Kind::And;
                return bindChildren(predicate, std::move(condition));
            case Predicate::Kind::Or:
                condition.kind = Condition::Kind::Or;
                return bindChildren(predicate, std::move(condition));
            case Predicate::Kind::Not:
                condition.kind = Condition::Kind::Not;
                return bindChildren(predicate, std::move(condition));
            case Predicate::Kind::Compare:
                return bindComparison(predicate);
            case Predicate::Kind::MetricCondition:
                return notYet("WHERE METRIC", predicate.at);
            case Predicate::Kind::EventExists:
                return notYet("WHERE EVENT", predicate.at);
            case Predicate::Kind::LogExists:
                return notYet("WHERE LOG", predicate.at);
        }
        return condition;
    }

    base::Result<Condition> bindChildren(const Predicate& predicate, Condition condition) {
        for (const Predicate& child : predicate.children) {
            auto bound = bindCondition(child);
            if (!bound) {
                return bound.error();
            }
            condition.children.push_back(std::move(bound).value());
        }
        return condition;
    }

    base::Result<Condition> bindComparison(const Predicate& predicate) {
        if (predicate.op == CompareOperator::Matches) {
            return notYet("MATCHES", predicate.at);
        }
        Condition condition;
        condition.op = predicate.op;
        condition.field = fieldIndex(predicate.field.name);
        const PlanField field = plan().fields[condition.field];
        for (const Literal& literal : predicate.literals) {
            auto constant = bindLiteral(field, predicate.op, literal, now_ns_);
            if (!constant) {
                return constant.error();
            }
            condition.values.push_back(std::move(constant).value());
        }
        return condition;
    }

    void bindRecords() {
        for (const SortField& sort : query_.sort) {
            plan().sort.push_back({fieldIndex(sort.field.name), sort.descending});
        }
        if (!query_.select.empty()) {
            plan().select.emplace();
            for (const FieldName& field : query_.select) {
                addOnce(*plan().select, fieldIndex(field.name));
            }
        }
    }

    static void addOnce(std::vector<size_t>& list, size_t index) {
        if (std::find(list.begin(), list.end(), index) == list.end()) {
            list.push_back(index);
        }
    }

    base::Result<void> bindAggregated() {
        const Aggregation& written = *query_.aggregation;
        PlanAggregation aggregation;
        for (const FieldName& field : written.fields) {
            addOnce(aggregation.groups, fieldIndex(field.name));
        }
        aggregation.function = written.function;
        if (written.argument) {
            aggregation.argument = fieldIndex(written.argument->name);
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
        const std::string_view nearest = base::nearestWord(field.name, candidates);
        std::string sentence = base::cat(shownWord(field.name), " at ", describe(field.at),
                                         " is no field of the result, which has ");
        for (size_t i = 0; i < names.size(); ++i) {
            sentence += base::cat(i == 0                  ? ""
                                  : i + 1 == names.size() ? " and "
                                                          : ", ",
                                  shownName(names[i]));
        }
        if (!nearest.empty()) {
            sentence += base::cat("; did you mean ", shownName(nearest), "?");
        }
        return base::fail(ErrorKind::Invalid, std::move(sentence));
    }

    const Query& query_;
    int64_t now_ns_;
    BoundEvents bound_;
};

}  // namespace

base::Result<BoundEvents> bindEvents(const Query& query, int64_t now_ns) {
    return EventsBinder(query, now_ns).run();
}

}  // namespace evd::queryd
