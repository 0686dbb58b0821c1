#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace evd::db {

enum class ColumnKind { Null, Integer, Float, Text, Blob };

// The values of one row, by index from 0: what a Statement stands on, or what SQL has handed to a
// row filter. Text and blobs are views that live until the row does not. One thread.
class RowView {
  public:
    virtual ~RowView() = default;
    virtual ColumnKind columnKind(int index) const = 0;
    virtual int64_t columnInteger(int index) const = 0;
    virtual double columnFloat(int index) const = 0;
    virtual std::string_view columnText(int index) const = 0;
    virtual std::span<const uint8_t> columnBlob(int index) const = 0;
};

// The SQL function that a row filter is called by: kRowFilterName(value, ...), 1 for a wanted row.
inline constexpr std::string_view kRowFilterName = "row_wanted";

}  // namespace evd::db
