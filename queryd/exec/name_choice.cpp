#include "queryd/exec/name_choice.h"

#include "common/base/text.h"
#include "queryd/exec/condition_eval.h"
#include "queryd/exec/text_match.h"

#include <algorithm>

namespace evd::queryd {

namespace {

// Every field that a condition on the name column asks for is the name.
class NameAlone final : public FieldSource {
  public:
    explicit NameAlone(std::string_view name) : name_(name) {}
    Value field(size_t) override { return Value::ofText(name_); }

  private:
    std::string_view name_;
};

}  // namespace

bool matchesName(const RecordPlan& plan, std::string_view name) {
    if (plan.name_pattern && !matchesGlob(name, *plan.name_pattern)) {
        return false;
    }
    NameAlone fields(name);
    return std::all_of(plan.on_name.begin(), plan.on_name.end(),
                       [&](const Condition& condition) { return holds(condition, fields); });
}

base::Result<NameChoice> chooseNames(db::Connection& connection, const RecordPlan& plan) {
    const bool is_every = !plan.name_pattern && plan.on_name.empty();
    return is_every ? base::Result<NameChoice>(NameChoice()) : listNames(connection, plan);
}

base::Result<NameChoice> listNames(db::Connection& connection, const RecordPlan& plan) {
    NameChoice choice;
    choice.kind = NameChoice::Kind::PerRow;
    auto statement = connection.prepare(
        base::cat("SELECT ", plan.table->nameColumn().name, " FROM ", plan.table->catalogue));
    if (!statement) {
        // Invalid: no such table in this database.
        return statement.error().kind == base::ErrorKind::Invalid ? base::Result<NameChoice>(choice)
                                                                  : statement.error();
    }
    for (;;) {
        auto row = statement.value()->step();
        if (!row) {
            return row.error();
        }
        if (!row.value()) {
            return choice;
        }
        choice.kind = NameChoice::Kind::Listed;
        const std::string_view name = statement.value()->columnText(0);
        if (matchesName(plan, name)) {
            if (choice.names.size() == kNamesInSqlMax) {
                return NameChoice{NameChoice::Kind::PerRow, {}};
            }
            choice.names.emplace_back(name);
        }
    }
}

}  // namespace evd::queryd
