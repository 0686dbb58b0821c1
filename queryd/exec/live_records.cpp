#include "queryd/exec/live_records.h"

#include "common/base/text.h"
#include "queryd/exec/row_encoder.h"

#include <algorithm>
#include <memory>

namespace evd::queryd {

namespace {

// The greatest time of the records of a batch, which has some.
base::Result<int64_t> latestTime(db::Connection& connection, const RecordTable& table,
                                 const IdRange& ids) {
    auto statement = connection.prepare(base::cat("SELECT max(+", table.time().name, ") FROM ",
                                                  table.name, " NOT INDEXED WHERE id>? AND id<=?"));
    if (!statement) {
        return statement.error();
    }
    statement.value()->bindInteger(1, ids.after);
    statement.value()->bindInteger(2, ids.last);
    auto row = statement.value()->step();
    return row ? base::Result<int64_t>(statement.value()->columnInteger(0)) : row.error();
}

class LatestMoment final : public RowConsumer {
  public:
    bool take(RecordRow& row) override {
        moment_ = std::max(moment_.value_or(row.timestamp()), row.timestamp());
        return true;
    }
    const std::optional<int64_t>& moment() const { return moment_; }

  private:
    std::optional<int64_t> moment_;
};

}  // namespace

class LiveRecords::Collector final : public RowConsumer {
  public:
    explicit Collector(LiveRecords& live)
        : live_(live),
          rows_max_(live.found_.size() + kLiveRowsMax),
          bytes_max_(live.bytes_.size() + kLiveBytesMax) {}

    bool take(RecordRow& row) override {
        const size_t begin = live_.bytes_.size();
        encodeRecord(live_.plan_, row, live_.bytes_);
        live_.found_.push_back({row.id(), begin, live_.bytes_.size()});
        return live_.found_.size() < rows_max_ && live_.bytes_.size() < bytes_max_;
    }

  private:
    LiveRecords& live_;
    size_t rows_max_;
    size_t bytes_max_;
};

LiveRecords::LiveRecords(const Parts& parts, StreamCursors cursors, RecordSink& sink)
    : readers_(parts.readers),
      plan_(parts.plan),
      control_(parts.control),
      cross_(parts.cross),
      sights_(parts.sights),
      cursors_(std::move(cursors)),
      sink_(sink) {
    control_.deadline_monotonic_ns = 0;  // the live part has none
}

base::Result<LiveSource::Round> LiveRecords::sendNew() {
    Round round;
    found_.clear();
    bytes_.clear();
    // Each round counts as a question of its own, or old streams would go before all others.
    control_.asked_ns = control_.clock->monotonicNs();
    sights_.refresh();
    sight_ = sights_.of(kindOf(plan_.table->store));
    const auto databases = readers_.databases(plan_.table->store);
    if (!databases) {
        return databases.error();
    }
    for (const DatabaseFile& file : databases.value()) {
        auto more = readDatabase(file);
        if (!more) {
            return more.error();
        }
        round.more = round.more || more.value();
    }
    std::sort(found_.begin(), found_.end(),
              [](const Found& left, const Found& right) { return left.id < right.id; });
    for (const Found& found : found_) {
        EVD_TRY(sink_.record(std::span(bytes_).subspan(found.begin, found.end - found.begin)));
    }
    round.sent = !found_.empty();
    return round;
}

base::Result<bool> LiveRecords::readDatabase(const DatabaseFile& file) {
    std::optional<Batch> batch;
    auto found = readers_.read(file, control_, [&](db::Connection& connection) {
        return findNew(connection, file, batch);
    });
    if (!found || !batch) {
        return found ? base::Result<bool>(false) : found.error();
    }
    // Not while the database is being read: what other stores say may fail the question.
    const auto plan = planFor(*batch);
    if (!plan) {
        return plan.error();
    }
    auto read = readers_.read(file, control_, [&](db::Connection& connection) {
        return readNew(connection, file, plan.value(), *batch);
    });
    return read ? base::Result<bool>(batch->more) : read.error();
}

base::Result<void> LiveRecords::findNew(db::Connection& connection, const DatabaseFile& file,
                                        std::optional<Batch>& batch) {
    auto last_id = greatestId(connection, *plan_.table);
    if (!last_id) {
        return last_id.error();
    }
    const auto after_id = cursors_.afterId(file.device, file.inode);
    if (!after_id || *after_id >= last_id.value()) {
        cursors_.advance(file.device, file.inode, last_id.value());
        return {};
    }
    Batch found;
    found.ids = {*after_id, last_id.value()};
    if (!plan_.cross.empty()) {
        auto latest = latestVisible(connection, found.ids);
        if (!latest) {
            return latest.error();
        }
        if (!latest.value()) {
            cursors_.advance(file.device, file.inode, last_id.value());
            return {};
        }
        found.latest_ns = latest.value();
    }
    batch = found;
    return {};
}

// The moment of the latest record that the caller may see; none: there is none.
base::Result<std::optional<int64_t>> LiveRecords::latestVisible(db::Connection& connection,
                                                                const IdRange& ids) const {
    if (sight_ == nullptr) {
        auto latest = latestTime(connection, *plan_.table, ids);
        return latest ? base::Result<std::optional<int64_t>>(latest.value()) : latest.error();
    }
    RecordPlan all;
    all.table = plan_.table;
    all.sight = sight_;
    const RowSelection selection = RowSelection::of(all, /*whole_records=*/false);
    ScanRequest request{all, selection, ScanOrder::ById};
    request.ids = ids;
    request.control = control_;
    ScanPosition position;
    LatestMoment latest;
    for (;;) {
        auto end = scanRecords(connection, request, position, latest);
        if (!end || end.value() == ScanEnd::Finished) {
            return end ? base::Result<std::optional<int64_t>>(latest.moment()) : end.error();
        }
    }
}

// Each condition on another store holds for the whole batch or not at all.
base::Result<RecordPlan> LiveRecords::planFor(const Batch& batch) {
    RecordPlan plan = plan_;
    plan.sight = sight_;
    if (plan_.cross.empty()) {
        return plan;
    }
    const int64_t latest_ns = *batch.latest_ns;
    const TimeRange moment = {latest_ns, laterBy(latest_ns, 1)};
    auto ranges = cross_.read(plan_.cross, moment, control_);
    if (!ranges) {
        return ranges.error();
    }
    CrossRanges whole;
    for (const auto& one : ranges.value()) {
        whole.push_back(std::make_shared<const TimeRanges>(
            one->contains(latest_ns) ? TimeRanges(TimeRange()) : TimeRanges()));
    }
    return resolveCross(plan, whole, TimeRange());
}

base::Result<void> LiveRecords::readNew(db::Connection& connection, const DatabaseFile& file,
                                        const RecordPlan& plan, Batch& batch) {
    const RowSelection selection = RowSelection::of(plan, !plan.select);
    ScanRequest request{plan, selection, ScanOrder::ById};
    request.ids = batch.ids;
    request.control = control_;
    ScanPosition position;
    Collector collector(*this);
    auto end = scanRecords(connection, request, position, collector);
    if (position.started) {
        cursors_.advance(file.device, file.inode, position.id);  // also before a failure
        batch.ids.after = position.id;
    }
    if (!end) {
        return end.error();
    }
    batch.more = end.value() == ScanEnd::Paused;
    if (!batch.more) {
        cursors_.advance(file.device, file.inode, batch.ids.last);
    }
    return {};
}

}  // namespace evd::queryd
