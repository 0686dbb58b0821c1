#include "queryd/exec/type_choice.h"

#include "queryd/exec/condition_eval.h"
#include "queryd/exec/text_match.h"

#include <algorithm>

namespace evd::queryd {

namespace {

// Every field that a condition on event_type asks for is the type.
class TypeAlone final : public FieldSource {
  public:
    explicit TypeAlone(std::string_view type) : type_(type) {}
    Value field(size_t) override { return Value::ofText(type_); }

  private:
    std::string_view type_;
};

}  // namespace

bool matchesType(const EventPlan& plan, std::string_view type) {
    if (plan.type_pattern && !matchesGlob(type, *plan.type_pattern)) {
        return false;
    }
    TypeAlone fields(type);
    return std::all_of(plan.on_type.begin(), plan.on_type.end(),
                       [&](const Condition& condition) { return holds(condition, fields); });
}

base::Result<TypeChoice> chooseTypes(db::Connection& connection, const EventPlan& plan) {
    TypeChoice choice;
    if (!plan.type_pattern && plan.on_type.empty()) {
        return choice;
    }
    choice.kind = TypeChoice::Kind::PerRow;
    auto statement = connection.prepare("SELECT event_type FROM event_types");
    if (!statement) {
        // Invalid: no such table in this database.
        return statement.error().kind == base::ErrorKind::Invalid ? base::Result<TypeChoice>(choice)
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
        choice.kind = TypeChoice::Kind::Listed;
        const std::string_view type = statement.value()->columnText(0);
        if (matchesType(plan, type)) {
            if (choice.types.size() == kTypesInSqlMax) {
                return TypeChoice{TypeChoice::Kind::PerRow, {}};
            }
            choice.types.emplace_back(type);
        }
    }
}

}  // namespace evd::queryd
