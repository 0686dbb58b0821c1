#pragma once

#include "common/base/result.h"
#include "common/db/sqlite.h"
#include "queryd/plan/record_plan.h"

#include <string>
#include <vector>

namespace evd::queryd {

class SightJudge;

// More names than this are judged row by row.
inline constexpr size_t kNamesInSqlMax = 500;

// Which event types, or log origins, of one database the question is about.
//
// Conditions on the name column fold letters and know patterns, which SQL cannot say exactly; but a
// database knows the few names it has ever held (event_types, log_origins, contracts §6), so they
// are judged once each, and SQL compares exact bytes. A database without that list, or with too
// many names, is judged row by row.
struct NameChoice {
    enum class Kind { Every, Listed, PerRow };
    Kind kind = Kind::Every;
    std::vector<std::string> names;  // Listed; empty: nothing in this database can match
    std::string index = {};  // of this database on the name column, where somebody has looked
    // What may be seen differs from record to record of these names, or cannot be told by names: no
    // condition is left to SQL, because a hidden field is missing (Ruling A5).
    bool by_record = false;

    bool isNothing() const { return kind == Kind::Listed && names.empty(); }
};

// Asks the database's list of names. Those of which the caller may see nothing count as absent
// (Ruling A4).
base::Result<NameChoice> chooseNames(db::Connection& connection, const RecordPlan& plan);

// The same, with every name listed where the question leaves none out.
base::Result<NameChoice> listNames(db::Connection& connection, const RecordPlan& plan);

// Whether one name satisfies the pattern and every condition on the name column. With a judge, a
// name that records do not show satisfies no condition of WHERE; pattern and FROM name no field.
bool matchesName(const RecordPlan& plan, std::string_view name, SightJudge* judge = nullptr);

}  // namespace evd::queryd
