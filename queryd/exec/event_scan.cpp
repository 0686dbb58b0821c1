#include "queryd/exec/event_scan.h"

#include "queryd/exec/event_statement.h"
#include "queryd/exec/read_snapshot.h"
#include "queryd/exec/type_choice.h"

#include <algorithm>

namespace evd::queryd {

namespace {

constexpr uint32_t kRowsBetweenChecks = 64;

class Scan {
  public:
    Scan(const ScanRequest& request, ScanPosition& position, RowConsumer& consumer)
        : request_(request),
          position_(position),
          consumer_(consumer),
          row_(request.plan, request.selection) {}

    base::Result<ScanEnd> run(db::Connection& connection) {
        const ReadSnapshot snapshot(connection);
        EVD_TRY(snapshot.begun());
        auto types = chooseTypes(connection, request_.plan);
        if (!types) {
            return types.error();
        }
        if (types.value().kind == TypeChoice::Kind::Listed && types.value().types.empty()) {
            return ScanEnd::Finished;
        }
        type_per_row_ = types.value().kind == TypeChoice::Kind::PerRow;
        slice_end_ = request_.control.clock->monotonicNs() + kScanSliceNs;
        const ScanPosition from = position_;
        for (const ScanPart part : scanParts(request_.order, from)) {
            const EventSql sql = scanSql(request_, types.value(), part, from);
            auto statement = prepareEventSql(connection, sql);
            if (!statement) {
                return statement.error();
            }
            auto end = readRows(*statement.value());
            if (!end || end.value() == ScanEnd::Paused) {
                return end;
            }
        }
        return ScanEnd::Finished;
    }

  private:
    base::Result<ScanEnd> readRows(db::Statement& statement) {
        for (uint32_t rows = 1;; ++rows) {
            auto there = statement.step();
            if (!there) {
                return there.error();
            }
            if (!there.value()) {
                return ScanEnd::Finished;
            }
            row_.load(statement);
            position_ = {true, row_.timestamp(), row_.id()};
            if (isWanted() && !consumer_.take(row_)) {
                return ScanEnd::Paused;
            }
            if (rows % kRowsBetweenChecks == 0) {
                if (request_.control.shouldStop()) {
                    return request_.control.stopError();
                }
                if (request_.control.clock->monotonicNs() >= slice_end_) {
                    return ScanEnd::Paused;
                }
            }
        }
    }

    bool isWanted() {
        if (type_per_row_ &&
            !matchesType(request_.plan, row_.column(EventColumn::EventType).bytes)) {
            return false;
        }
        const auto& conditions = request_.plan.on_row;
        return std::all_of(conditions.begin(), conditions.end(),
                           [&](const Condition& condition) { return holds(condition, row_); });
    }

    const ScanRequest& request_;
    ScanPosition& position_;
    RowConsumer& consumer_;
    EventRow row_;
    bool type_per_row_ = false;
    int64_t slice_end_ = 0;
};

}  // namespace

base::Result<ScanEnd> scanEvents(db::Connection& connection, const ScanRequest& request,
                                 ScanPosition& position, RowConsumer& consumer) {
    if (request.plan.time.since_ns >= request.plan.time.until_ns) {
        return ScanEnd::Finished;  // Ruling Q5: an empty or reversed range
    }
    return Scan(request, position, consumer).run(connection);
}

base::Result<int64_t> greatestEventId(db::Connection& connection) {
    auto statement = connection.prepare("SELECT max(id) FROM events");
    if (!statement) {
        // Invalid: a database that has no such table, perhaps not yet.
        return statement.error().kind == base::ErrorKind::Invalid
                   ? base::Result<int64_t>(std::numeric_limits<int64_t>::min())
                   : statement.error();
    }
    auto row = statement.value()->step();
    if (!row) {
        return row.error();
    }
    const bool empty = !row.value() || statement.value()->columnKind(0) == db::ColumnKind::Null;
    return empty ? std::numeric_limits<int64_t>::min() : statement.value()->columnInteger(0);
}

}  // namespace evd::queryd
