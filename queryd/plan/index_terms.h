#pragma once

#include "queryd/plan/record_plan.h"
#include "queryd/plan/sql_writer.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace evd::queryd {

// What a secondary index on one field would have to be searched for: any of the values, or a range.
//
// Values are as the index holds them: of a column as it is stored, of a payload field as
// msgpack_extract answers (common/db/sql_value.h), which knows fewer kinds than the language and
// rounds integers above 2^63-1. So the rows found are a superset of those wanted, and every row is
// judged again by the condition itself.
struct IndexTerm {
    size_t field = 0;                      // of RecordPlan::fields
    std::vector<SqlParameter> values;      // any of these
    std::vector<std::string> folded;       // or a text that is one of these when letters are folded
    std::optional<SqlParameter> least;     // or numbers from here
    std::optional<SqlParameter> greatest;  // up to here

    bool isRange() const { return least || greatest; }
};

// What finds all rows that can satisfy the condition: the terms together, or nothing where no
// index could (negations, tests for NULL, parts of texts, arrays). Of an AND one part is enough; of
// an OR every part must have terms. Pure.
std::vector<IndexTerm> indexTerms(const RecordPlan& plan, const Condition& condition);

// The terms of each part of WHERE that has any, name and time excepted: they have indexes and
// judges of their own.
std::vector<std::vector<IndexTerm>> indexTerms(const RecordPlan& plan);

// The least text, in the order of bytes, that is not before `from` and differs from `text` in the
// case of ASCII letters only (Ruling Q3); nothing when all of them are before. Leads a search
// through an index from one spelling that may be there to the next.
std::optional<std::string> nextSpelling(std::string_view text, std::string_view from);

}  // namespace evd::queryd
