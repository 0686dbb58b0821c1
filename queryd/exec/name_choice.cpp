#include "queryd/exec/name_choice.h"

#include "common/base/text.h"
#include "queryd/exec/condition_eval.h"
#include "queryd/exec/sight.h"
#include "queryd/exec/text_match.h"

#include <algorithm>
#include <optional>

namespace evd::queryd {

namespace {

// Every field that a condition on the name column asks for is the name, if it is shown.
class NameAlone final : public FieldSource {
  public:
    NameAlone(std::string_view name, bool is_shown) : name_(name), is_shown_(is_shown) {}
    Value field(size_t) override { return is_shown_ ? Value::ofText(name_) : Value(); }

  private:
    std::string_view name_;
    bool is_shown_;
};

// How much of the records under a name there is for who asks.
NameSight sightOf(SightJudge* judge, std::string_view name) {
    return judge == nullptr ? NameSight::Everything : judge->of(name);
}

}  // namespace

bool matchesName(const RecordPlan& plan, std::string_view name, SightJudge* judge) {
    if (plan.name_pattern && !matchesGlob(name, *plan.name_pattern)) {
        return false;
    }
    if (plan.on_name.empty()) {
        return true;
    }
    const std::string_view column = plan.table->nameColumn().name;
    NameAlone fields(name, judge == nullptr || judge->showsField(name, column));
    NameAlone whole(name, /*is_shown=*/true);
    return std::ranges::all_of(plan.on_name, [&](const Condition& condition) {
        return holds(condition, condition.is_selector ? whole : fields);
    });
}

base::Result<NameChoice> chooseNames(db::Connection& connection, const RecordPlan& plan) {
    const bool is_every = !plan.name_pattern && plan.on_name.empty() && plan.sight == nullptr;
    return is_every ? base::Result<NameChoice>(NameChoice()) : listNames(connection, plan);
}

base::Result<NameChoice> listNames(db::Connection& connection, const RecordPlan& plan) {
    NameChoice choice;
    choice.kind = NameChoice::Kind::PerRow;
    choice.by_record = plan.sight != nullptr;
    std::optional<SightJudge> asked;
    SightJudge* const judge = plan.sight ? &asked.emplace(*plan.sight) : nullptr;
    auto statement = connection.prepare(
        base::cat("SELECT ", plan.table->nameColumn().name, " FROM ", plan.table->catalogue));
    if (!statement) {
        // Invalid: no such table in this database.
        return statement.error().kind == base::ErrorKind::Invalid ? base::Result<NameChoice>(choice)
                                                                  : statement.error();
    }
    for (bool is_first = true;; is_first = false) {
        auto row = statement.value()->step();
        if (!row) {
            return row.error();
        }
        if (!row.value()) {
            return choice;
        }
        if (is_first) {
            choice.kind = NameChoice::Kind::Listed;
            choice.by_record = false;
        }
        const std::string_view name = statement.value()->columnText(0);
        const NameSight sight = sightOf(judge, name);
        if (sight != NameSight::Nothing && matchesName(plan, name, judge)) {
            if (choice.names.size() == kNamesInSqlMax) {
                return NameChoice{NameChoice::Kind::PerRow, {}, {}, judge != nullptr};
            }
            choice.names.emplace_back(name);
            choice.by_record = choice.by_record || sight == NameSight::Part;
        }
    }
}

}  // namespace evd::queryd
