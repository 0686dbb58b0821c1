#include "queryd/exec/group_task.h"

#include "common/base/text.h"
#include "queryd/exec/event_statement.h"
#include "queryd/exec/read_snapshot.h"
#include "queryd/exec/type_choice.h"

#include <algorithm>

namespace evd::queryd {

GroupTask::GroupTask(const Part& part, DatabaseFile file, MemoryBudget& memory)
    : ShardTask(std::move(file)),
      part_(part),
      aggregation_(*part_.plan.aggregation),
      table_(aggregation_, memory),
      request_{part_.plan, part_.selection,
               part_.plan.time_named ? ScanOrder::NewestFirst : ScanOrder::ById} {
    request_.control = part_.control;
    groups_.resize(aggregation_.groups.size());
}

base::Result<ScanEnd> GroupTask::slice(db::Connection& connection) {
    EVD_TRY(noteLastId(connection));
    request_.last_id = *lastId();
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
    return scanEvents(connection, request_, position_, *this);
}

bool GroupTask::take(EventRow& row) {
    for (size_t i = 0; i < groups_.size(); ++i) {
        groups_[i] = row.field(aggregation_.groups[i]);
    }
    const Value argument = aggregation_.argument ? row.field(*aggregation_.argument) : Value();
    failure_ = table_.add(row.timestamp(), groups_, argument);
    return failure_.ok();
}

// A bare COUNT: nothing of a row is needed.
bool GroupTask::countsInSql() const {
    return aggregation_.groups.empty() && aggregation_.bucket_ns == 0 &&
           aggregation_.function == GroupFunction::Count && part_.plan.on_row.empty() &&
           part_.plan.time.since_ns < part_.plan.time.until_ns;
}

// False when types must be judged row by row in this database.
base::Result<bool> GroupTask::tryCountInSql(db::Connection& connection) {
    const ReadSnapshot snapshot(connection);
    EVD_TRY(snapshot.begun());
    auto types = chooseTypes(connection, part_.plan);
    if (!types) {
        return types.error();
    }
    if (types.value().kind == TypeChoice::Kind::PerRow) {
        return false;
    }
    if (types.value().kind == TypeChoice::Kind::Listed && types.value().types.empty()) {
        return true;
    }
    const EventSql sql = summarySql(request_, types.value(), "count(*)", "");
    auto statement = prepareEventSql(connection, sql);
    if (!statement) {
        return statement.error();
    }
    EVD_TRY(readCounts(*statement.value()));
    return true;
}

base::Result<void> GroupTask::readCounts(db::Statement& statement) {
    auto row = statement.step();
    if (!row) {
        return row.error();
    }
    if (row.value()) {
        failure_ = table_.addCount({}, static_cast<uint64_t>(statement.columnInteger(0)));
    }
    return {};
}

}  // namespace evd::queryd
