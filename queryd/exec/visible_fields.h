#pragma once

#include "common/base/result.h"
#include "common/db/sqlite.h"
#include "queryd/exec/name_choice.h"
#include "queryd/plan/record_plan.h"

#include <optional>
#include <string>
#include <vector>

namespace evd::queryd {

// Which fields a question may be answered by (Ruling A4): who may not see a field in all that they
// see must not sort, group or add up by it, because the answer would mislead or tell it.

// The fields that the answer is made by: those of SORT, the groups, what is added up, and the time
// where it makes buckets. Default orders, SINCE and UNTIL are none (Ruling A5). Pure.
std::vector<std::string> referencedFields(const RecordPlan& plan);

// The first of them that is not granted under one of the names of a database that the question may
// find something under; none where it may be answered. Reads the database only where the choice
// does not list the names. The plan has a sight.
base::Result<std::optional<std::string>> findRefused(db::Connection& connection,
                                                     const RecordPlan& plan,
                                                     const NameChoice& names);

// What the person who asked is told, which is nothing beyond the field that they wrote.
base::Error refusedField(std::string_view field);

// Whether every name that is chosen is listed and shows this field in all of its records, so that
// an index on it tells nothing that the caller may not know (Ruling A5).
bool isShownEverywhere(const RecordPlan& plan, const NameChoice& names, const PlanField& field);

// The plan without the conditions that speak of other fields than those: what may lead a search.
RecordPlan withoutHidden(const RecordPlan& plan, const NameChoice& names);

}  // namespace evd::queryd
