#include "queryd/exec/visible_fields.h"

#include "common/base/text.h"
#include "queryd/exec/sight.h"
#include "queryd/plan/field_list.h"

#include <algorithm>

namespace evd::queryd {

namespace {

const std::string* refusedUnder(SightJudge& judge, std::string_view name,
                                const std::vector<std::string>& fields) {
    const auto refused = std::ranges::find_if(
        fields, [&](const std::string& field) { return !judge.showsField(name, field); });
    return refused == fields.end() ? nullptr : &*refused;
}

// The names of a database whose rows are judged one by one: of its list, or else of its rows.
std::string namesSql(const RecordTable& table, bool from_list) {
    const std::string_view name = table.nameColumn().name;
    return from_list ? base::cat("SELECT ", name, " FROM ", table.catalogue)
                     : base::cat("SELECT DISTINCT ", name, " FROM ", table.name);
}

class NameWalk {
  public:
    NameWalk(const RecordPlan& plan, SightJudge& judge, const std::vector<std::string>& fields)
        : plan_(plan), judge_(judge), fields_(fields) {}

    // Answers whether there was a name at all.
    base::Result<bool> over(db::Connection& connection, const std::string& sql) {
        auto statement = connection.prepare(sql);
        if (!statement) {
            return statement.error().kind == base::ErrorKind::Invalid
                       ? base::Result<bool>(false)  // no such table in this database
                       : statement.error();
        }
        for (bool any = false;; any = true) {
            auto row = statement.value()->step();
            if (!row || !row.value() || refused_) {
                return row ? base::Result<bool>(any) : row.error();
            }
            const std::string_view name = statement.value()->columnText(0);
            const bool counts =
                matchesName(plan_, name, &judge_) && judge_.of(name) != NameSight::Nothing;
            const std::string* refused = counts ? refusedUnder(judge_, name, fields_) : nullptr;
            if (refused != nullptr) {
                refused_ = *refused;
            }
        }
    }

    const std::optional<std::string>& refused() const { return refused_; }

  private:
    const RecordPlan& plan_;
    SightJudge& judge_;
    const std::vector<std::string>& fields_;
    std::optional<std::string> refused_;
};

bool isShown(const RecordPlan& plan, const NameChoice& names, const Condition& condition) {
    const bool has_field =
        condition.kind == Condition::Kind::Compare || condition.kind == Condition::Kind::During;
    return (!has_field || isShownEverywhere(plan, names, plan.fields[condition.field])) &&
           std::ranges::all_of(condition.children,
                               [&](const Condition& child) { return isShown(plan, names, child); });
}

}  // namespace

std::vector<std::string> referencedFields(const RecordPlan& plan) {
    std::vector<std::string> fields;
    if (!plan.aggregation) {
        for (const PlanSort& sort : plan.sort) {
            fields.push_back(plan.fields[sort.field].name);
        }
        return fields;
    }
    for (const size_t group : plan.aggregation->groups) {
        fields.push_back(plan.fields[group].name);
    }
    if (plan.aggregation->argument) {
        fields.push_back(plan.fields[*plan.aggregation->argument].name);
    }
    if (plan.aggregation->bucket_ns != 0) {
        fields.emplace_back(plan.table->time().name);
    }
    return fields;
}

base::Result<std::optional<std::string>> findRefused(db::Connection& connection,
                                                     const RecordPlan& plan,
                                                     const NameChoice& names) {
    const std::vector<std::string> fields = referencedFields(plan);
    SightJudge judge(*plan.sight);
    if (fields.empty()) {
        return std::optional<std::string>();
    }
    if (names.kind == NameChoice::Kind::Listed) {
        for (const std::string& name : names.names) {
            if (const std::string* refused = refusedUnder(judge, name, fields)) {
                return std::optional(*refused);
            }
        }
        return std::optional<std::string>();
    }
    NameWalk walk(plan, judge, fields);
    const auto listed = walk.over(connection, namesSql(*plan.table, /*from_list=*/true));
    if (!listed) {
        return listed.error();
    }
    if (!listed.value()) {
        const auto found = walk.over(connection, namesSql(*plan.table, /*from_list=*/false));
        if (!found) {
            return found.error();
        }
    }
    return walk.refused();
}

base::Error refusedField(std::string_view field) {
    return base::fail(
        base::ErrorKind::Denied,
        base::cat("the answer may not be sorted, grouped or computed by ", shownName(field),
                  ", because not all records in question show it to you"));
}

bool isShownEverywhere(const RecordPlan& plan, const NameChoice& names, const PlanField& field) {
    if (names.kind != NameChoice::Kind::Listed) {
        return false;
    }
    SightJudge judge(*plan.sight);
    return std::ranges::all_of(
        names.names, [&](const std::string& name) { return judge.showsField(name, field.name); });
}

RecordPlan withoutHidden(const RecordPlan& plan, const NameChoice& names) {
    RecordPlan left = plan;
    const auto isHidden = [&](const Condition& condition) {
        return !isShown(plan, names, condition);
    };
    std::erase_if(left.on_column, isHidden);
    std::erase_if(left.on_row, isHidden);
    return left;
}

}  // namespace evd::queryd
