#include "queryd/evctl/import_delivery.h"

#include "common/base/text.h"

namespace evd::evctl {

namespace {

using base::cat;

// Keys, heads and times of a record; generously.
constexpr size_t kRecordOverheadBytes = 160;
constexpr size_t kBucketBytes = 2 * 9;
constexpr size_t kLabelOverheadBytes = 10;

size_t bytesOf(const wire::MetricRecord& record) {
    size_t bytes = kRecordOverheadBytes + record.name.size();
    for (const wire::MetricLabel& label : record.labels) {
        bytes += kLabelOverheadBytes + label.key.size() + label.value.size();
    }
    return bytes +
           (record.histogram == nullptr ? 0 : record.histogram->boundaries.size() * kBucketBytes);
}

}  // namespace

base::Result<void> ImportDelivery::log(const wire::LogRecord& record) {
    if (!logs_) {
        logs_ = std::make_unique<RecordLane>(context_, context_.sockets.log, "log", "logs");
        EVD_TRY(logs_->open());
    }
    wire::LogRecord piece = record;
    std::string_view rest = record.message;
    do {
        piece.message = rest.substr(0, base::wholeCharacters(rest, kImportMessageBytesMax));
        rest.remove_prefix(piece.message.size());
        EVD_TRY(
            logs_->send(piece, kRecordOverheadBytes + piece.origin.size() + piece.message.size()));
    } while (!rest.empty());
    return {};
}

base::Result<void> ImportDelivery::metric(const wire::MetricRecord& record) {
    if (!metrics_) {
        metrics_ =
            std::make_unique<RecordLane>(context_, context_.sockets.metric, "metric", "samples");
        EVD_TRY(metrics_->open());
    }
    return metrics_->send(record, bytesOf(record));
}

base::Result<void> ImportDelivery::event(std::string_view type, std::span<const uint8_t> payload,
                                         uint64_t line) {
    if (!events_) {
        events_ = std::make_unique<EventLane>(context_, std::string(kImportedEvents), report_);
        EVD_TRY(events_->open());
    }
    return events_->send(type, payload, line);
}

base::Result<void> ImportDelivery::finishLane(RecordLane& lane, std::string_view kind) {
    const auto finished = lane.finish();
    if (!finished.ok()) {
        return finished.error();
    }
    const LaneOutcome& outcome = finished.value();
    lost_any_ = lost_any_ || outcome.missing > 0 || outcome.too_large > 0;
    outcome_ += cat("sent: ", outcome.sent, ' ', kind);
    if (!outcome.is_confirmed) {
        outcome_ += "; only administrators are told whether all were stored";
    } else if (outcome.missing > 0) {
        outcome_ += cat("; ", outcome.missing, " were refused or found no room");
    } else if (outcome.perhaps_missing > 0) {
        outcome_ += cat("; ", outcome.perhaps_missing,
                        " of these or of other senders were refused or found no room meanwhile");
    } else {
        outcome_ += outcome.has_others
                        ? ", all stored as far as the figures tell, which count other senders too"
                        : ", all stored";
    }
    outcome_ += outcome.too_large == 0
                    ? "\n"
                    : cat("; ", outcome.too_large, " more were too large to be sent\n");
    return {};
}

base::Result<void> ImportDelivery::finish() {
    if (logs_) {
        EVD_TRY(finishLane(*logs_, "log records"));
    }
    if (metrics_) {
        EVD_TRY(finishLane(*metrics_, "metric samples"));
    }
    if (events_) {
        EVD_TRY(events_->finish());
        lost_any_ = lost_any_ || events_->refused() > 0;
        outcome_ += cat("sent: ", events_->emitted(), " events, ");
        outcome_ += events_->stored() == events_->emitted()
                        ? std::string("all stored\n")
                        : cat(events_->stored(), " were seen in the store\n");
        outcome_ += events_->refused() == 0
                        ? std::string()
                        : cat("refused by KMES: ", events_->refused(), " events\n");
    }
    return {};
}

}  // namespace evd::evctl
