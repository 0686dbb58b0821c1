#include "queryd/exec/event_statement.h"

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
        SqlParameter parameter;
        parameter.integer = value;
        parameters_.push_back(std::move(parameter));
    }

    void addTypes(const TypeChoice& types, SqlAccess access) {
        if (types.kind != TypeChoice::Kind::Listed) {
            return;
        }
        std::string condition =
            access == SqlAccess::RowOrder ? "+event_type IN (" : "event_type IN (";
        for (size_t i = 0; i < types.types.size(); ++i) {
            condition += i == 0 ? "?" : ",?";
            SqlParameter parameter;
            parameter.kind = SqlParameter::Kind::Text;
            parameter.bytes = types.types[i];
            parameters_.push_back(std::move(parameter));
        }
        add(condition + ")");
    }

    void addHeader(const EventPlan& plan, SqlAccess access) {
        for (const Condition& condition : plan.on_header) {
            add(writeCondition(plan.fields, condition, access, parameters_));
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

void addIds(const ScanRequest& request, std::string_view id, ConditionList& conditions) {
    if (request.last_id != kLast) {
        conditions.addInteger(base::cat(id, "<=?"), request.last_id);
    }
    if (request.after_id != kFirst) {
        conditions.addInteger(base::cat(id, ">?"), request.after_id);
    }
}

// Where the rows of a scan lie. SQLite searches by one bound on each side, so a range of time must
// not stand beside a position on the same side.
void addPlace(const ScanRequest& request, ScanPart part, const ScanPosition& position,
              ConditionList& conditions) {
    const TimeRange& time = request.plan.time;
    const bool newest_first = request.order == ScanOrder::NewestFirst;
    switch (part) {
        case ScanPart::Whole:
            addTime(time, request.order == ScanOrder::ById ? "+timestamp" : "timestamp",
                    conditions);
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
    const bool by_id = request.order == ScanOrder::ById;
    addIds(request, by_id ? "id" : "+id", conditions);
}

const char* orderSql(ScanOrder order) {
    switch (order) {
        case ScanOrder::NewestFirst:
            return " ORDER BY timestamp DESC,id DESC";
        case ScanOrder::OldestFirst:
            return " ORDER BY timestamp,id DESC";
        case ScanOrder::ById:
            return " ORDER BY id";
    }
    return "";
}

}  // namespace

std::vector<ScanPart> scanParts(ScanOrder order, const ScanPosition& position) {
    if (!position.started) {
        return {ScanPart::Whole};
    }
    return order == ScanOrder::ById ? std::vector{ScanPart::AfterId}
                                    : std::vector{ScanPart::Ties, ScanPart::Beyond};
}

EventSql scanSql(const ScanRequest& request, const TypeChoice& types, ScanPart part,
                 const ScanPosition& position) {
    EventSql sql;
    ConditionList conditions(sql.parameters);
    addPlace(request, part, position, conditions);
    conditions.addTypes(types, SqlAccess::RowOrder);
    conditions.addHeader(request.plan, SqlAccess::RowOrder);
    sql.text = base::cat("SELECT ", request.selection.sqlColumns(), " FROM events",
                         request.order == ScanOrder::ById ? " NOT INDEXED" : "", conditions.text(),
                         orderSql(request.order));
    return sql;
}

EventSql summarySql(const ScanRequest& request, const TypeChoice& types, std::string_view columns,
                    std::string_view tail) {
    EventSql sql;
    ConditionList conditions(sql.parameters);
    // Where no range is named, the end that is now must not turn a scan into a million look-ups.
    addTime(request.plan.time, request.plan.time_named ? "timestamp" : "+timestamp", conditions);
    addIds(request, "+id", conditions);
    conditions.addTypes(types, SqlAccess::AnyIndex);
    conditions.addHeader(request.plan, SqlAccess::AnyIndex);
    sql.text = base::cat("SELECT ", columns, " FROM events", conditions.text(), tail);
    return sql;
}

base::Result<std::unique_ptr<db::Statement>> prepareEventSql(db::Connection& connection,
                                                             const EventSql& sql) {
    auto statement = connection.prepare(sql.text);
    if (!statement) {
        return statement;
    }
    int index = 1;
    for (const SqlParameter& parameter : sql.parameters) {
        switch (parameter.kind) {
            case SqlParameter::Kind::Integer:
                statement.value()->bindInteger(index, parameter.integer);
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
