#include "queryd/exec/record_scan.h"

#include "common/base/text.h"
#include "queryd/exec/read_snapshot.h"
#include "queryd/exec/record_statement.h"

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
        EVD_TRY(takeNames(connection));
        if (names_->isNothing()) {
            return ScanEnd::Finished;
        }
        slice_end_ = request_.control.clock->monotonicNs() + kScanSliceNs;
        return request_.order == ScanOrder::ByName ? readNames(connection) : readParts(connection);
    }

  private:
    base::Result<void> takeNames(db::Connection& connection) {
        names_ = request_.names;
        if (names_ == nullptr) {
            auto chosen = chooseNames(connection, request_.plan);
            if (!chosen) {
                return chosen.error();
            }
            chosen_names_ = std::move(chosen).value();
            names_ = &chosen_names_;
        }
        name_per_row_ = names_->kind == NameChoice::Kind::PerRow;
        return {};
    }

    base::Result<ScanEnd> readNames(db::Connection& connection) {
        const ScanPosition from = position_;
        for (at_name_ = from.name; at_name_ < names_->names.size(); ++at_name_) {
            const bool goes_on = from.started && at_name_ == from.name;
            const BoundSql sql =
                nameSql(request_, names_->names[at_name_], goes_on ? from.id : request_.ids.after);
            auto statement = prepareSql(connection, sql);
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

    base::Result<ScanEnd> readParts(db::Connection& connection) {
        const ScanPosition from = position_;
        for (const ScanPart part : scanParts(request_.order, from)) {
            const BoundSql sql = scanSql(request_, *names_, part, from);
            auto statement = prepareSql(connection, sql);
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
            if (isWanted()) {
                const bool goes_on = consumer_.take(row_);
                notePosition();
                if (!goes_on) {
                    return ScanEnd::Paused;
                }
            }
            if (rows % kRowsBetweenChecks == 0) {
                if (request_.control.shouldStop()) {
                    return request_.control.stopError();
                }
                if (request_.control.clock->monotonicNs() >= slice_end_) {
                    notePosition();
                    return ScanEnd::Paused;
                }
            }
        }
    }

    // Rows that were passed over before a failure are judged again.
    void notePosition() { position_ = {true, row_.timestamp(), row_.id(), at_name_}; }

    bool isWanted() {
        if (name_per_row_ &&
            !matchesName(request_.plan, row_.column(request_.plan.table->nameColumn()).bytes)) {
            return false;
        }
        const auto& conditions = request_.plan.on_row;
        return std::all_of(conditions.begin(), conditions.end(),
                           [&](const Condition& condition) { return holds(condition, row_); });
    }

    const ScanRequest& request_;
    ScanPosition& position_;
    RowConsumer& consumer_;
    RecordRow row_;
    NameChoice chosen_names_;
    const NameChoice* names_ = nullptr;
    size_t at_name_ = 0;
    bool name_per_row_ = false;
    int64_t slice_end_ = 0;
};

}  // namespace

base::Result<ScanEnd> scanRecords(db::Connection& connection, const ScanRequest& request,
                                  ScanPosition& position, RowConsumer& consumer) {
    if (request.time.since_ns >= request.time.until_ns) {
        return ScanEnd::Finished;  // Ruling Q5: an empty or reversed range
    }
    return Scan(request, position, consumer).run(connection);
}

base::Result<int64_t> greatestId(db::Connection& connection, const RecordTable& table) {
    auto statement = connection.prepare(base::cat("SELECT max(id) FROM ", table.name));
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
