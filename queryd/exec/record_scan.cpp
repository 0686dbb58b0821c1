#include "queryd/exec/record_scan.h"

#include "common/base/text.h"
#include "queryd/exec/payload_probe.h"
#include "queryd/exec/read_snapshot.h"
#include "queryd/exec/record_statement.h"
#include "queryd/exec/time_ranges.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <string>

namespace evd::queryd {

namespace {

constexpr uint32_t kRowsBetweenChecks = 64;

// Judges rows inside SQLite, so that of a row that is not wanted nothing more is read, and counts
// them, so that the scan comes up for air while none is wanted: then it asks for one row that it
// does not want, and for no more of these.
class RowJudge {
  public:
    RowJudge(const RecordPlan& plan, const NameChoice& names, std::function<bool()> is_time_up)
        : plan_(plan),
          name_per_row_(names.kind == NameChoice::Kind::PerRow),
          by_record_(names.by_record),
          selection_(RowSelection::ofConditions(plan, name_per_row_, by_record_)),
          row_(plan, selection_),
          probe_(PayloadProbe::of(plan)),
          is_time_up_(std::move(is_time_up)) {
        if (by_record_) {
            names_.emplace(*plan.sight);
        }
    }

    bool isNeeded() const { return name_per_row_ || by_record_ || !plan_.on_row.empty(); }
    std::string sqlCondition() const {
        return base::cat(db::kRowFilterName, "(", selection_.sqlColumns(), ")");
    }

    bool judge(const db::RowView& row) {
        row_.load(row);
        if (mayBeWanted() && isWanted()) {
            return true;
        }
        if (!for_air_ && ++rows_ % kRowsBetweenChecks == 0 && is_time_up_()) {
            for_air_ = row_.id();
            return true;
        }
        return false;
    }

    // Whether this row came for air only.
    bool isForAir(int64_t id) const { return for_air_ == id; }
    bool cameForAir() const { return for_air_.has_value(); }

  private:
    bool mayBeWanted() {
        return !probe_ || !probe_->isWorthIt() || probe_->mayHold(row_.payload());
    }

    bool isWanted() {
        if (name_per_row_ && !matchesName(plan_, row_.column(plan_.table->nameColumn()).bytes,
                                          names_ ? &*names_ : nullptr)) {
            return false;
        }
        if (by_record_ && !isWantedOfWhatIsShown()) {
            return false;
        }
        return std::all_of(plan_.on_row.begin(), plan_.on_row.end(),
                           [this](const Condition& condition) { return holds(condition, row_); });
    }

    // What SQL and the range of time would say of a row that shows all its fields (Ruling A5).
    bool isWantedOfWhatIsShown() {
        const auto isTrue = [this](const Condition& condition) { return holds(condition, row_); };
        return row_.isVisible() && std::ranges::all_of(plan_.on_bounds, isTrue) &&
               std::ranges::all_of(plan_.on_column, isTrue);
    }

    const RecordPlan& plan_;
    const bool name_per_row_;
    const bool by_record_;
    RowSelection selection_;
    RecordRow row_;
    // What it refuses is refused whatever of the record is hidden: a hidden field is a missing one.
    std::optional<PayloadProbe> probe_;
    std::optional<SightJudge> names_;
    std::function<bool()> is_time_up_;
    uint32_t rows_ = 0;
    std::optional<int64_t> for_air_;
};

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
        RowJudge judge(request_.plan, *names_, [this] { return isTimeUp(); });
        if (!judge.isNeeded()) {
            return readAll(connection);
        }
        judge_ = &judge;
        filter_ = judge.sqlCondition();
        EVD_TRY(
            connection.setRowFilter([&judge](const db::RowView& row) { return judge.judge(row); }));
        auto end = readAll(connection);
        EVD_TRY(connection.setRowFilter({}));
        return end;
    }

  private:
    bool isTimeUp() const {
        return request_.control.shouldStop() || request_.control.clock->monotonicNs() >= slice_end_;
    }

    base::Result<ScanEnd> readAll(db::Connection& connection) {
        switch (request_.order) {
            case ScanOrder::ByName:
                return readNames(connection);
            case ScanOrder::ById:
            case ScanOrder::ByIndex:
                return readParts(connection, request_, position_);
            case ScanOrder::NewestFirst:
            case ScanOrder::OldestFirst:
                break;
        }
        return seeksRanges(request_.plan) ? readRanges(connection)
                                          : readParts(connection, request_, position_);
    }

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
        return {};
    }

    base::Result<ScanEnd> readNames(db::Connection& connection) {
        const ScanPosition from = position_;
        for (at_name_ = from.name; at_name_ < names_->names.size(); ++at_name_) {
            const bool goes_on = from.started && at_name_ == from.name;
            const BoundSql sql = nameSql(request_, names_->index, names_->names[at_name_],
                                         goes_on ? from.id : request_.ids.after, filter_);
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

    // One range after the other, in the order of the scan, from the one of the position on.
    base::Result<ScanEnd> readRanges(db::Connection& connection) {
        const ScanPosition from = position_;
        const auto ranges = request_.plan.within->ranges();
        const bool newest_first = request_.order == ScanOrder::NewestFirst;
        ScanRequest request = request_;
        for (size_t i = 0; i < ranges.size(); ++i) {
            const TimeRange& range = ranges[newest_first ? ranges.size() - 1 - i : i];
            request.time = {std::max(range.since_ns, request_.time.since_ns),
                            std::min(range.until_ns, request_.time.until_ns)};
            const bool is_done =
                from.started && (newest_first ? request.time.since_ns > from.timestamp
                                              : request.time.until_ns <= from.timestamp);
            if (is_done || request.time.since_ns >= request.time.until_ns) {
                continue;
            }
            const bool goes_on = from.started && request.time.since_ns <= from.timestamp &&
                                 from.timestamp < request.time.until_ns;
            auto end = readParts(connection, request, goes_on ? from : ScanPosition());
            if (!end || end.value() == ScanEnd::Paused) {
                return end;
            }
        }
        return ScanEnd::Finished;
    }

    base::Result<ScanEnd> readParts(db::Connection& connection, const ScanRequest& request,
                                    const ScanPosition from) {
        for (const ScanPart part : scanParts(request.order, from)) {
            const BoundSql sql = scanSql(request, *names_, part, from, filter_);
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
            const bool for_air = judge_ != nullptr && judge_->isForAir(row_.id());
            const bool goes_on = for_air || consumer_.take(row_);
            notePosition();
            if (!goes_on) {
                return ScanEnd::Paused;
            }
            const bool came_for_air = judge_ != nullptr && judge_->cameForAir();
            if (came_for_air || (rows % kRowsBetweenChecks == 0 && isTimeUp())) {
                return request_.control.shouldStop()
                           ? base::Result<ScanEnd>(request_.control.stopError())
                           : base::Result<ScanEnd>(ScanEnd::Paused);
            }
        }
    }

    // Rows that were passed over before a failure are judged again.
    void notePosition() {
        position_.started = true;
        position_.id = row_.id();
        position_.name = at_name_;
        if (request_.order == ScanOrder::NewestFirst || request_.order == ScanOrder::OldestFirst) {
            position_.timestamp = row_.timestamp();
        }
    }

    const ScanRequest& request_;
    ScanPosition& position_;
    RowConsumer& consumer_;
    RecordRow row_;
    NameChoice chosen_names_;
    const NameChoice* names_ = nullptr;
    size_t at_name_ = 0;
    RowJudge* judge_ = nullptr;  // where there is something to judge
    std::string filter_;         // its condition
    int64_t slice_end_ = 0;
};

}  // namespace

bool seeksRanges(const RecordPlan& plan) {
    return plan.within != nullptr && plan.within->count() <= kSeekRangesMax;
}

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
