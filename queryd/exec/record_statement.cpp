#include "queryd/exec/record_statement.h"

#include "common/base/text.h"

#include <limits>

namespace evd::queryd {

namespace {

constexpr int64_t kFirst = std::numeric_limits<int64_t>::min();
constexpr int64_t kLast = std::numeric_limits<int64_t>::max();

// Collects the conditions of one statement.
class ConditionList {
  public:
    explicit ConditionList(std::vector<SqlParameter>& parameters) : parameters_(parameters) {}

    void add(std::string_view condition) {
        text_ += base::cat(text_.empty() ? " WHERE " : " AND ", condition);
    }

    void addInteger(std::string_view condition, int64_t value) {
        add(condition);
        parameters_.push_back(SqlParameter::ofInteger(value));
    }

    void addText(std::string_view condition, const std::string& value) {
        add(condition);
        parameters_.push_back(SqlParameter::ofText(value));
    }

    void addNames(const RecordTable& table, const NameChoice& names, SqlAccess access) {
        if (names.kind != NameChoice::Kind::Listed) {
            return;
        }
        std::string condition =
            base::cat(access == SqlAccess::RowOrder ? "+" : "", table.nameColumn().name, " IN (");
        for (size_t i = 0; i < names.names.size(); ++i) {
            condition += i == 0 ? "?" : ",?";
            parameters_.push_back(SqlParameter::ofText(names.names[i]));
        }
        add(condition + ")");
    }

    void addColumns(const RecordPlan& plan, const NameChoice* names, SqlAccess access) {
        if (names != nullptr && names->by_record) {
            return;
        }
        for (const Condition& condition : plan.on_column) {
            add(writeCondition(plan.fields, condition, access, parameters_));
        }
    }

    // The rows that searches of indexes find.
    void addSearches(const ScanRequest& request, const IdRange& ids, BoundSql& sql) {
        std::string found;
        for (const IndexSearch& search : request.index->searches) {
            found += base::cat(found.empty() ? "" : " UNION ALL ", "SELECT id FROM ",
                               sql.tableWith(*request.plan.table, search.index.name), " WHERE ",
                               searchSql(search, parameters_), " AND id>? AND id<=?");
            parameters_.push_back(SqlParameter::ofInteger(ids.after));
            parameters_.push_back(SqlParameter::ofInteger(ids.last));
        }
        add(base::cat("id IN (", found, ")"));
    }

    void addFilter(std::string_view filter) {
        if (!filter.empty()) {
            add(filter);
        }
    }

    const std::string& text() const { return text_; }

  private:
    std::vector<SqlParameter>& parameters_;
    std::string text_;
};

// The range of time. Where it does not narrow the search it must not attract the index.
void addTime(const TimeRange& time, std::string_view timestamp, ConditionList& conditions) {
    if (time.since_ns != kFirst) {
        conditions.addInteger(base::cat(timestamp, ">=?"), time.since_ns);
    }
    if (time.until_ns != kLast) {
        conditions.addInteger(base::cat(timestamp, "<?"), time.until_ns);
    }
}

void addIds(const IdRange& ids, std::string_view id, ConditionList& conditions) {
    if (ids.last != kLast) {
        conditions.addInteger(base::cat(id, "<=?"), ids.last);
    }
    if (ids.after != kFirst) {
        conditions.addInteger(base::cat(id, ">?"), ids.after);
    }
}

bool isById(ScanOrder order) {
    return order == ScanOrder::ById || order == ScanOrder::ByIndex;
}

// Where the rows of a scan lie. SQLite searches by one bound on each side, so a range of time must
// not stand beside a position on the same side.
void addPlace(const ScanRequest& request, ScanPart part, const ScanPosition& position,
              ConditionList& conditions) {
    const TimeRange& time = request.time;
    const bool newest_first = request.order == ScanOrder::NewestFirst;
    switch (part) {
        case ScanPart::Whole:
            addTime(time, isById(request.order) ? "+timestamp" : "timestamp", conditions);
            break;
        case ScanPart::Ties:
            conditions.addInteger("timestamp=?", position.timestamp);
            conditions.addInteger("id<?", position.id);
            break;
        case ScanPart::Beyond:
            conditions.addInteger(newest_first ? "timestamp<?" : "timestamp>?", position.timestamp);
            addTime(
                newest_first ? TimeRange{time.since_ns, kLast} : TimeRange{kFirst, time.until_ns},
                "timestamp", conditions);
            break;
        case ScanPart::AfterId:
            conditions.addInteger("id>?", position.id);
            addTime(time, "+timestamp", conditions);
            break;
    }
    // The position stands in for the range's beginning.
    const bool goes_on = part == ScanPart::AfterId;
    const bool by_id = isById(request.order);
    addIds({goes_on ? kFirst : request.ids.after, request.ids.last}, by_id ? "id" : "+id",
           conditions);
}

std::string withoutHints(const BoundSql& sql) {
    std::string text = sql.text;
    for (const std::string& hint : sql.hints) {
        if (const size_t at = text.find(hint); at != std::string::npos) {
            text.erase(at, hint.size());
        }
    }
    return text;
}

const char* orderSql(ScanOrder order) {
    switch (order) {
        case ScanOrder::NewestFirst:
            return " ORDER BY timestamp DESC,id DESC";
        case ScanOrder::OldestFirst:
            return " ORDER BY timestamp,id DESC";
        case ScanOrder::ById:
        case ScanOrder::ByName:
        case ScanOrder::ByIndex:
            return " ORDER BY id";
    }
    return "";
}

}  // namespace

std::vector<ScanPart> scanParts(ScanOrder order, const ScanPosition& position) {
    if (!position.started) {
        return {ScanPart::Whole};
    }
    return isById(order) ? std::vector{ScanPart::AfterId}
                         : std::vector{ScanPart::Ties, ScanPart::Beyond};
}

BoundSql scanSql(const ScanRequest& request, const NameChoice& names, ScanPart part,
                 const ScanPosition& position, std::string_view filter) {
    BoundSql sql;
    ConditionList conditions(sql.parameters);
    const bool by_index = request.order == ScanOrder::ByIndex;
    if (by_index) {
        const bool goes_on = part == ScanPart::AfterId;
        conditions.addSearches(request,
                               {goes_on ? position.id : request.ids.after, request.ids.last}, sql);
        addTime(request.time, "+timestamp", conditions);
    } else {
        addPlace(request, part, position, conditions);
    }
    conditions.addNames(*request.plan.table, names, SqlAccess::RowOrder);
    conditions.addColumns(request.plan, &names, SqlAccess::RowOrder);
    conditions.addFilter(filter);
    sql.text =
        base::cat("SELECT ", request.selection.sqlColumns(), " FROM ", request.plan.table->name,
                  request.order == ScanOrder::ById ? " NOT INDEXED" : "", conditions.text(),
                  orderSql(request.order));
    return sql;
}

BoundSql nameSql(const ScanRequest& request, const std::string& index, const std::string& name,
                 int64_t after_id, std::string_view filter) {
    const RecordTable& table = *request.plan.table;
    BoundSql sql;
    ConditionList conditions(sql.parameters);
    conditions.addText(base::cat(table.nameColumn().name, "=?"), name);
    conditions.addInteger("id>?", after_id);
    conditions.addInteger("id<=?", request.ids.last);
    addTime(request.time, "+timestamp", conditions);
    conditions.addColumns(request.plan, request.names, SqlAccess::RowOrder);
    conditions.addFilter(filter);
    sql.text =
        base::cat("SELECT ", request.selection.sqlColumns(), " FROM ", sql.tableWith(table, index),
                  conditions.text(), orderSql(ScanOrder::ByName));
    return sql;
}

BoundSql summarySql(const ScanRequest& request, const NameChoice& names, std::string_view columns,
                    std::string_view tail) {
    BoundSql sql;
    ConditionList conditions(sql.parameters);
    // A range of time that leaves little out must not turn a scan into a million look-ups; a narrow
    // one must not be found by ids. An index ends in the id, so that a range of ids narrows the
    // search there too. One condition alone may be answered by its index, which then knows all that
    // is asked; several would have each row looked up.
    const bool is_narrow = request.order == ScanOrder::NewestFirst;
    const bool by_index = request.order == ScanOrder::ByIndex;
    const size_t asked = request.plan.on_column.size() +
                         (names.kind == NameChoice::Kind::Listed ? 1 : 0) +
                         (request.time == TimeRange() ? 0 : 1);
    const SqlAccess access = asked == 1 && !by_index ? SqlAccess::AnyIndex : SqlAccess::RowOrder;
    const bool by_name = request.order == ScanOrder::ByName;
    if (by_index) {
        conditions.addSearches(request, request.ids, sql);
    }
    addTime(request.time, is_narrow ? "timestamp" : "+timestamp", conditions);
    if (!by_index) {
        addIds(request.ids, is_narrow ? "+id" : "id", conditions);
    }
    conditions.addNames(*request.plan.table, names, by_name ? SqlAccess::AnyIndex : access);
    conditions.addColumns(request.plan, &names, access);
    sql.text =
        base::cat("SELECT ", columns, " FROM ", request.plan.table->name, conditions.text(), tail);
    return sql;
}

std::string BoundSql::tableWith(const RecordTable& table, std::string_view index) {
    std::string hint = " INDEXED BY \"";
    for (const char letter : index) {
        hint += letter == '"' ? "\"\"" : std::string(1, letter);
    }
    hints.push_back(hint + "\"");
    return base::cat(table.name, hints.back());
}

std::string lookUpSql(const RecordPlan& plan, const RowSelection& selection) {
    return base::cat("SELECT ", selection.sqlColumns(), " FROM ", plan.table->name, " WHERE id=?");
}

base::Result<std::unique_ptr<db::Statement>> prepareSql(db::Connection& connection,
                                                        const BoundSql& sql) {
    // A kept statement would find out only when it runs that its index is gone.
    auto statement =
        sql.hints.empty() ? connection.prepare(sql.text) : connection.prepareAnew(sql.text);
    if (!statement && statement.error().kind == base::ErrorKind::Invalid && !sql.hints.empty()) {
        statement = connection.prepare(withoutHints(sql));
    }
    if (!statement) {
        return statement;
    }
    int index = 1;
    for (const SqlParameter& parameter : sql.parameters) {
        switch (parameter.kind) {
            case SqlParameter::Kind::Integer:
                statement.value()->bindInteger(index, parameter.integer);
                break;
            case SqlParameter::Kind::Float:
                statement.value()->bindFloat(index, parameter.floating);
                break;
            case SqlParameter::Kind::Text:
                statement.value()->bindText(index, parameter.bytes);
                break;
            case SqlParameter::Kind::Blob:
                statement.value()->bindBlob(index, base::asBytes(parameter.bytes));
                break;
        }
        ++index;
    }
    return statement;
}

}  // namespace evd::queryd
