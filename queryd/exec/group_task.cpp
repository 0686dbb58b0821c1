#include "queryd/exec/group_task.h"

#include "common/base/text.h"
#include "queryd/exec/read_snapshot.h"

namespace evd::queryd {

GroupTask::GroupTask(const Part& part, DatabaseFile file, MemoryBudget& memory)
    : ShardTask(std::move(file)),
      plan_(part.plan),
      aggregation_(*plan_.aggregation),
      table_(aggregation_, memory),
      request_(part.request) {
    groups_.resize(aggregation_.groups.size());
}

base::Result<ScanEnd> GroupTask::slice(db::Connection& connection) {
    if (!began_rows_ && countsInSql()) {
        auto counted = tryCountInSql(connection);
        if (!counted) {
            return counted.error();
        }
        if (counted.value()) {
            return ScanEnd::Finished;
        }
    }
    began_rows_ = true;
    return scanRecords(connection, request_, position_, *this);
}

bool GroupTask::take(RecordRow& row) {
    for (size_t i = 0; i < groups_.size(); ++i) {
        groups_[i] = row.field(aggregation_.groups[i]);
    }
    const Value argument = aggregation_.argument ? row.field(*aggregation_.argument) : Value();
    failure_ = table_.add(row.timestamp(), groups_, argument);
    return failure_.ok();
}

bool GroupTask::countsEverything(const RecordPlan& plan, const TimeRange& needed) {
    const PlanAggregation& aggregation = *plan.aggregation;
    return aggregation.groups.empty() && aggregation.bucket_ns == 0 &&
           aggregation.function == GroupFunction::Count && !plan.name_pattern &&
           plan.on_name.empty() && plan.on_column.empty() && plan.on_row.empty() &&
           plan.sight == nullptr && needed == TimeRange();
}

// A bare COUNT, for which nothing of a row is needed, or a count by name that an index knows.
bool GroupTask::countsInSql() const {
    const bool counts =
        aggregation_.bucket_ns == 0 && aggregation_.function == GroupFunction::Count;
    return counts && plan_.on_row.empty() && !request_.names->by_record &&
           request_.time.since_ns < request_.time.until_ns &&
           (aggregation_.groups.empty() || countsByNameIndex());
}

// The index on names knows names and ids, so nothing else may be asked.
bool GroupTask::countsByNameIndex() const {
    return aggregation_.groups.size() == 1 &&
           plan_.fields[aggregation_.groups.front()].column == &plan_.table->nameColumn() &&
           !request_.names->index.empty() && plan_.on_column.empty() &&
           request_.time == TimeRange();
}

// False when names must be judged row by row in this database.
base::Result<bool> GroupTask::tryCountInSql(db::Connection& connection) {
    const ReadSnapshot snapshot(connection);
    EVD_TRY(snapshot.begun());
    if (aggregation_.groups.empty()) {
        if (request_.names->kind != NameChoice::Kind::PerRow) {
            auto count = readCount(connection, countSql(*request_.names));
            if (!count) {
                return count.error();
            }
            failure_ = table_.addCount({}, static_cast<uint64_t>(count.value()));
            return true;
        }
        return false;
    }
    auto names = listNames(connection, plan_);
    if (!names) {
        return names.error();
    }
    if (names.value().kind != NameChoice::Kind::Listed || names.value().by_record) {
        return false;
    }
    EVD_TRY(countNames(connection, names.value()));
    return true;
}

BoundSql GroupTask::countSql(const NameChoice& names) const {
    if (!countsEverything(plan_, request_.time)) {
        return summarySql(request_, names, "count(*)", "");
    }
    const std::string_view table = plan_.table->name;
    BoundSql sql;
    sql.text = base::cat("SELECT (SELECT count(*) FROM ", table, ")-(SELECT count(*) FROM ", table,
                         " WHERE id>?)");
    sql.parameters.push_back(SqlParameter::ofInteger(request_.ids.last));
    return sql;
}

base::Result<void> GroupTask::countNames(db::Connection& connection, const NameChoice& names) {
    NameChoice one;
    one.kind = NameChoice::Kind::Listed;
    std::vector<int64_t> counts;
    for (const std::string& name : names.names) {
        one.names = {name};
        // For DISTINCT one row is enough.
        auto count = readCount(connection, aggregation_.distinct
                                               ? summarySql(request_, one, "1", " LIMIT 1")
                                               : summarySql(request_, one, "count(*)", ""));
        if (!count) {
            return count.error();
        }
        counts.push_back(count.value());
    }
    // Only now, because a slice that fails half-way is run again from its beginning.
    for (size_t i = 0; i < counts.size(); ++i) {
        const Value group = Value::ofText(names.names[i]);
        if (counts[i] > 0 && failure_.ok()) {
            failure_ = table_.addCount(std::span(&group, 1), static_cast<uint64_t>(counts[i]));
        }
    }
    return {};
}

base::Result<int64_t> GroupTask::readCount(db::Connection& connection, const BoundSql& sql) {
    auto statement = prepareSql(connection, sql);
    if (!statement) {
        return statement.error();
    }
    auto row = statement.value()->step();
    if (!row) {
        return row.error();
    }
    return row.value() ? statement.value()->columnInteger(0) : 0;
}

}  // namespace evd::queryd
