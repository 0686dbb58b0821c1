#pragma once

#include "common/base/result.h"
#include "queryd/lang/ast.h"
#include "queryd/plan/condition.h"
#include "queryd/plan/record_table.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace evd::queryd {

// Where a field stands in the list, at the end when it was not there.
template <typename Field>
size_t indexIn(std::vector<Field>& fields, Field field) {
    const auto found = std::find(fields.begin(), fields.end(), field);
    const auto index = static_cast<size_t>(found - fields.begin());
    if (found == fields.end()) {
        fields.push_back(std::move(field));
    }
    return index;
}

// The fields that a question names, each once, and what each of them is in the question's table.
//
// A table with a payload takes any name; in another one a name that is no column is Invalid, with
// the nearest that is (Ruling Q10). Fills the plan's list, which outlives it. One thread, pure.
class FieldList {
  public:
    FieldList(const RecordTable& table, std::vector<PlanField>& fields)
        : table_(table), fields_(fields) {}

    base::Result<size_t> indexOf(const FieldName& field);
    // Of a column, which cannot be missing.
    size_t indexOf(const TableColumn& column);

  private:
    size_t indexOf(PlanField field);
    base::Error unknown(const FieldName& field) const;

    const RecordTable& table_;
    std::vector<PlanField>& fields_;
};

// A field's name as it would be written: bare where it may be.
std::string shownName(std::string_view name);

// "; did you mean x?", or nothing when no candidate is near.
std::string suggestion(std::string_view word, std::span<const std::string_view> candidates);

// "a, b and c" with the glue before the last one; names as shownName() gives them.
std::string joinedNames(std::span<const std::string_view> names, std::string_view last_glue);

}  // namespace evd::queryd
