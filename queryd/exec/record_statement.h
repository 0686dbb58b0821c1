#pragma once

#include "common/base/result.h"
#include "common/db/sqlite.h"
#include "queryd/exec/name_choice.h"
#include "queryd/exec/record_scan.h"
#include "queryd/plan/sql_writer.h"

#include <memory>
#include <string>
#include <vector>

namespace evd::queryd {

// A statement's text with its parameters; values never stand in the text. Pure data.
//
// Where the text insists on an index that has been seen before, the index is named among the hints
// as it stands in the text: an adaptive one may be gone since (Spec §3.3), and without its name the
// statement still says the same, only slower.
struct BoundSql {
    std::string text;
    std::vector<SqlParameter> parameters;  // live as long as the statement: bound without copying
    std::vector<std::string> hints = {};

    // The table as it stands behind FROM, read through the index.
    std::string tableWith(const RecordTable& table, std::string_view index);
};

// The rows after a position are read as two parts, one after the other, because the index finds
// each of them at once but not both together: those of the same moment, and those beyond it.
enum class ScanPart { Whole, Ties, Beyond, AfterId };

// What is left to be read from the position on, in this order.
std::vector<ScanPart> scanParts(ScanOrder order, const ScanPosition& position);

// One part, in the scan's order.
// `filter` is one more condition, which may be empty.
BoundSql scanSql(const ScanRequest& request, const NameChoice& names, ScanPart part,
                 const ScanPosition& position, std::string_view filter);

// The rows of one name above an id, by id, through the index on names, which names.index tells.
BoundSql nameSql(const ScanRequest& request, const std::string& index, const std::string& name,
                 int64_t after_id, std::string_view filter);

// `columns` of all rows that the request speaks of, in no order; `tail` follows the conditions.
// Only where nothing is left to be judged per row.
BoundSql summarySql(const ScanRequest& request, const NameChoice& names, std::string_view columns,
                    std::string_view tail);

// The columns of one record, by its id, which is the only parameter.
std::string lookUpSql(const RecordPlan& plan, const RowSelection& selection);

// Prepares the text, without the hints if it must be so, and binds the parameters, which must
// outlive the statement.
base::Result<std::unique_ptr<db::Statement>> prepareSql(db::Connection& connection,
                                                        const BoundSql& sql);

}  // namespace evd::queryd
