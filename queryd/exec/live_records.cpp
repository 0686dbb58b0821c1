#include "queryd/exec/live_records.h"

#include "queryd/exec/row_encoder.h"

#include <algorithm>

namespace evd::queryd {

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

LiveRecords::LiveRecords(StoreReaders& readers, const RecordPlan& plan, const RunControl& control,
                         StreamCursors cursors, RecordSink& sink)
    : readers_(readers),
      plan_(plan),
      control_(control),
      cursors_(std::move(cursors)),
      sink_(sink),
      selection_(RowSelection::of(plan, !plan.select)) {
    control_.deadline_monotonic_ns = 0;  // the live part has none
}

base::Result<LiveSource::Round> LiveRecords::sendNew() {
    Round round;
    found_.clear();
    bytes_.clear();
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
    bool more = false;
    auto read = readers_.read(file, control_, [&](db::Connection& connection) {
        return readNew(connection, file, more);
    });
    if (!read) {
        return read.error();
    }
    return more;
}

base::Result<void> LiveRecords::readNew(db::Connection& connection, const DatabaseFile& file,
                                        bool& more) {
    auto last_id = greatestId(connection, *plan_.table);
    if (!last_id) {
        return last_id.error();
    }
    const auto after_id = cursors_.afterId(file.device, file.inode);
    if (!after_id || *after_id >= last_id.value()) {
        cursors_.advance(file.device, file.inode, last_id.value());
        return {};
    }
    ScanRequest request{plan_, selection_, ScanOrder::ById};
    request.ids = {*after_id, last_id.value()};
    request.control = control_;
    ScanPosition position;
    Collector collector(*this);
    auto end = scanRecords(connection, request, position, collector);
    if (position.started) {
        cursors_.advance(file.device, file.inode, position.id);  // also before a failure
    }
    if (!end) {
        return end.error();
    }
    more = end.value() == ScanEnd::Paused;
    if (!more) {
        cursors_.advance(file.device, file.inode, last_id.value());
    }
    return {};
}

}  // namespace evd::queryd
