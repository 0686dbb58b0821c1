#pragma once

#include "queryd/evctl/output/record_fields.h"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace evd::evctl {

inline constexpr size_t kColumnsMax = 256;        // that a person might look at
inline constexpr size_t kCsvColumnsMax = 16'384;  // as many as spreadsheets have

// The columns of a result whose records may all have different fields: every field name once, in
// the order of first sight, at most so many of them. Fields beyond that have no column.
class Columns {
  public:
    explicit Columns(size_t count_max = kColumnsMax) : count_max_(count_max) {}

    // The column of the name, made when there is none yet; nothing at the limit.
    std::optional<size_t> add(std::string_view name);
    std::optional<size_t> find(std::string_view name) const;

    const std::vector<std::string>& names() const { return names_; }
    bool overflowed() const { return overflowed_; }

  private:
    size_t count_max_;
    std::vector<std::string> names_;
    std::map<std::string, size_t, std::less<>> by_name_;
    bool overflowed_ = false;
};

// In which order a person wants to see these columns: their positions, first to be shown first.
//
// Metric records end with their value, whatever labels came after it. Whole event records begin
// with what they are about: time, type, then the payload, then who and where. Columns that a
// question chose (they lack some of the header) stay in the order it named them in.
std::vector<size_t> displayOrder(const std::vector<std::string>& names);

// How readily a column is given up when a terminal is too narrow for all: 0 for what a record is
// about, the more the less anybody looks at it. Only whole records have such columns; what a
// question chose is wanted. A payload field that has the same value in all records goes too, after
// those. Pure.
int hidingRank(const Columns& columns, size_t column, bool is_constant);

}  // namespace evd::evctl
