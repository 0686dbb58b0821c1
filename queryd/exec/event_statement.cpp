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

// The column through which rows are found stands bare; the others must not attract an index.
void addBounds(const ScanRequest& request, bool by_id, ConditionList& conditions) {
    const TimeRange& time = request.plan.time;
    const std::string id = by_id ? "id" : "+id";
    const std::string timestamp = by_id ? "+timestamp" : "timestamp";
    if (time.since_ns != kFirst) {
        conditions.addInteger(timestamp + ">=?", time.since_ns);
    }
    if (time.until_ns != kLast) {
        conditions.addInteger(timestamp + "<?", time.until_ns);
    }
    if (request.last_id != kLast) {
        conditions.addInteger(id + "<=?", request.last_id);
    }
    if (request.after_id != kFirst) {
        conditions.addInteger(id + ">?", request.after_id);
    }
}

void addPosition(ScanOrder order, const ScanPosition& position, ConditionList& conditions) {
    if (!position.started) {
        return;
    }
    switch (order) {
        case ScanOrder::NewestFirst:
            conditions.addInteger("(timestamp,id)<(?,?)", position.timestamp);
            break;
        case ScanOrder::OldestFirst:
            conditions.addInteger("timestamp>=?", position.timestamp);
            conditions.addInteger("(timestamp>? OR id<?)", position.timestamp);
            break;
        case ScanOrder::ById:
            conditions.addInteger("id>?", position.id);
            return;
    }
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

EventSql scanSql(const ScanRequest& request, const TypeChoice& types,
                 const ScanPosition& position) {
    EventSql sql;
    ConditionList conditions(sql.parameters);
    const bool by_id = request.order == ScanOrder::ById;
    addBounds(request, by_id, conditions);
    addPosition(request.order, position, conditions);
    if (position.started && !by_id) {
        SqlParameter id;  // the second question mark of the position
        id.integer = position.id;
        sql.parameters.push_back(std::move(id));
    }
    conditions.addTypes(types, SqlAccess::RowOrder);
    conditions.addHeader(request.plan, SqlAccess::RowOrder);
    sql.text = base::cat("SELECT ", request.selection.sqlColumns(), " FROM events",
                         by_id ? " NOT INDEXED" : "", conditions.text(), orderSql(request.order));
    return sql;
}

EventSql summarySql(const ScanRequest& request, const TypeChoice& types, std::string_view columns,
                    std::string_view tail) {
    EventSql sql;
    ConditionList conditions(sql.parameters);
    addBounds(request, /*by_id=*/false, conditions);
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
