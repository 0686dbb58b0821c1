#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace evd::queryd {

// What a question has to know of the table that it is about: the columns, what they hold and which
// of them play a part. Events and log lines differ in nothing else, so everything behind the parser
// - planner, scans, merges, groups, streams - is written once and asks this description.
//
// Plain constant data with static storage (event_table.h, log_table.h): pointers to it never die.
// Safe on any thread.

// Time is wall nanoseconds; Boolean is stored as 0 or 1; a Guid is a blob of 16 bytes.
enum class ColumnKind : uint8_t { Time, Integer, Boolean, Text, Guid };

inline constexpr size_t kTableColumnsMax = 16;

struct TableColumn {
    size_t index = 0;       // in RecordTable::columns
    std::string_view name;  // the same in the language, in the record and in the database
    ColumnKind kind = ColumnKind::Integer;
    // Words for the values 0, 1, 2 and so on; empty: none.
    std::span<const std::string_view> aliases = {};
    std::string_view alias_of = {};  // what such a word is called, for error sentences
};

enum class StoreKind : uint8_t { Events, Logs };

struct RecordTable {
    StoreKind store = StoreKind::Events;
    std::string_view name;                 // in the database
    std::string_view record_word;          // for error sentences
    std::span<const TableColumn> columns;  // in the order in which a record shows them, time first
    size_t name_column = 0;                // what says of which kind a record is
    std::string_view name_word;            // its word in a printed plan
    // The table that lists every name once, in a column that is called like the name column.
    std::string_view catalogue;
    bool has_payload = false;  // other names are fields of a payload column

    const TableColumn& time() const { return columns[0]; }
    const TableColumn& nameColumn() const { return columns[name_column]; }
};

// Nothing for a name that is no column; column names are exact.
const TableColumn* findColumn(const RecordTable& table, std::string_view name);

// The value that stands behind a word for this column (Spec §8.2), any case; nothing for another
// word.
std::optional<int64_t> aliasValue(const TableColumn& column, std::string_view word);

}  // namespace evd::queryd
