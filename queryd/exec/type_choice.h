#pragma once

#include "common/base/result.h"
#include "common/db/sqlite.h"
#include "queryd/plan/event_plan.h"

#include <string>
#include <vector>

namespace evd::queryd {

// More types than this are judged row by row.
inline constexpr size_t kTypesInSqlMax = 500;

// Which event types of one database the question is about.
//
// Conditions on event_type fold letters and know patterns, which SQL cannot say exactly; but a
// database knows the few types it has ever held (event_types, contracts §6), so they are judged
// once each, and SQL compares exact bytes. A database without that list, or with too many types, is
// judged row by row.
struct TypeChoice {
    enum class Kind { Every, Listed, PerRow };
    Kind kind = Kind::Every;
    std::vector<std::string> types;  // Listed; empty: nothing in this database can match
};

base::Result<TypeChoice> chooseTypes(db::Connection& connection, const EventPlan& plan);

// Whether one type satisfies the pattern and every condition on event_type.
bool matchesType(const EventPlan& plan, std::string_view type);

}  // namespace evd::queryd
