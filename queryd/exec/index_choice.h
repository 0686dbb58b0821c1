#pragma once

#include "common/base/result.h"
#include "common/db/sqlite.h"
#include "queryd/plan/index_terms.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace evd::queryd {

// An index that one database has on one column or one payload field of its records.
struct FieldIndex {
    std::string name;
    std::string expression;  // as SQL has to name it for the index to serve
};

// The secondary indexes of one database, as its schema tells them now: adaptive indexes come and go
// (Spec §3.3), so this is asked anew for every question, in the snapshot of its survey.
//
// Only plain indexes on one of our columns or on msgpack_extract of one payload path count; partial
// ones and those with an order of their own are not understood. Plain data.
class FieldIndexes {
  public:
    static base::Result<FieldIndexes> of(db::Connection& connection, const RecordTable& table);
    std::optional<FieldIndex> find(const PlanField& field) const;
    bool isEmpty() const { return definitions_.empty(); }

  private:
    struct Definition {
        std::string name;
        std::string target;  // what stands in parentheses, without spaces and quotation marks
    };
    std::vector<Definition> definitions_;
};

// One search of an index: what has to be equal, or in range.
struct IndexSearch {
    FieldIndex index;
    std::vector<SqlParameter> values;
    std::optional<SqlParameter> least;
    std::optional<SqlParameter> greatest;

    bool isRange() const { return least || greatest; }
};

// How indexes find every row of one database that can be in an answer: what the searches find
// together, which is more than is wanted. Holds for the rows up to the survey's last id.
struct IndexChoice {
    std::vector<IndexSearch> searches;  // none: they find nothing
    uint64_t rows = 0;                  // that they find, at most
};

// More spellings of a text, or texts between them, than this, and the index is left alone.
inline constexpr uint32_t kSpellingSearchesMax = 100;

// The searches of each part of WHERE that indexes of this database can serve, uncounted. Any part
// finds every row that can be in an answer; one without searches finds that there is none.
base::Result<std::vector<std::vector<IndexSearch>>> searchableParts(db::Connection& connection,
                                                                    const RecordPlan& plan,
                                                                    const FieldIndexes& indexes);

// The part that finds the fewest rows, if that is at most rows_max. Counts them in the index, never
// beyond that. Errors are the database's.
base::Result<std::optional<IndexChoice>> chooseIndex(
    db::Connection& connection, const RecordTable& table,
    std::span<const std::vector<IndexSearch>> parts, uint64_t rows_max);

// The condition of one search, appending its parameters. One index serves it, if it is there.
std::string searchSql(const IndexSearch& search, std::vector<SqlParameter>& parameters);

}  // namespace evd::queryd
