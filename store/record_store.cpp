#include "store/record_store.h"

#include "common/base/check.h"
#include "common/base/log.h"
#include "common/base/text.h"
#include "store/record_files.h"

#include <utility>

namespace evd::store {

base::Result<std::unique_ptr<RecordStore>> RecordStore::open(RecordWriter::Options options,
                                                             std::unique_ptr<RecordFormat> format,
                                                             const base::Clock& clock,
                                                             RecordStoreListener& listener) {
    auto opened = openRecords(options.path, *format, clock, /*least_id=*/0, kOpenAttemptsMax);
    if (!opened) {
        return opened.error();
    }
    std::unique_ptr<RecordStore> store(
        new RecordStore(options.path, std::move(format), clock, listener));
    if (!opened.value().trouble.empty()) {
        base::logError(opened.value().trouble);
        listener.storageFailed(store->format_->name(), opened.value().trouble);
    }
    if (opened.value().database != nullptr) {
        LastStored last = lastStoredBatch(options.path, *opened.value().database);
        store->stored_before_ = last.batch;
        RecordWriterListener& writer_listener = *store;
        store->writer_ = std::make_unique<RecordWriter>(
            std::move(options), *store->format_, std::move(opened.value().database),
            PutAside(std::move(last.unread)), clock, writer_listener);
    }
    return store;
}

RecordStore::~RecordStore() = default;

uint64_t RecordStore::attach(const base::Guid& sender) {
    EVD_CHECK(isIdle(), "a sender attaches to an idle store");
    if (sender != sender_) {
        const bool is_known = stored_before_ && stored_before_->sender == sender;
        lane_ = BatchLane(is_known ? stored_before_->number : 0, lane_.epoch());
        sender_ = sender;
    } else {
        lane_ = BatchLane(lane_.lastStored(), lane_.epoch());
    }
    return lane_.lastStored();
}

void RecordStore::write(RecordBatch batch, std::unique_ptr<RunAnswer> answer) {
    if (draining_) {
        answer->give(base::fail(base::ErrorKind::Gone, "the store takes nothing in now"));
        return;
    }
    if (batch.number == 0 || batch.sender != sender_) {
        ++refused_batches_;
        answer->give(base::fail(base::ErrorKind::Invalid,
                                base::cat("batch ", batch.number, " of nobody who said hello")));
        return;
    }
    if (writer_ == nullptr) {
        lost_records_ += batch.rows();
        answer->give(base::fail(base::ErrorKind::Invalid,
                                base::cat("the ", format_->name(), " store is only read")));
        return;
    }
    switch (lane_.admit(batch.number)) {
        case BatchLane::Verdict::AlreadyStored:
            ++repeated_batches_;
            answer->give({});
            return;
        case BatchLane::Verdict::ComeAgain:
            ++refused_batches_;
            answer->give(base::fail(base::ErrorKind::Busy, "an earlier batch must come first"));
            return;
        case BatchLane::Verdict::Take:
            break;
    }
    queue(std::move(batch), std::move(answer));
}

void RecordStore::writeOwn(RecordBatch batch, std::unique_ptr<RunAnswer> answer) {
    if (draining_ || writer_ == nullptr || own_is_under_way_) {
        answer->give(base::fail(base::ErrorKind::Busy, "the store takes nothing in now"));
        return;
    }
    batch.number = kOwnBatch;
    own_is_under_way_ = true;
    queue(std::move(batch), std::move(answer));
}

void RecordStore::queue(RecordBatch batch, std::unique_ptr<RunAnswer> answer) {
    const uint64_t ticket = next_ticket_++;
    answers_.emplace(ticket, UnderWay{std::move(answer), batch.number, lane_.epoch()});
    waiting_.push_back({ticket, lane_.epoch(), std::move(batch)});
    feed();
}

void RecordStore::feed() {
    while (!waiting_.empty() && writer_->tryPush(waiting_.front())) {
        waiting_.pop_front();
    }
}

void RecordStore::reported(RecordReport report) {
    if (mailbox_.put(std::move(report))) {
        listener_.reportsWaiting();
    }
}

void RecordStore::committed(const wire::CommitNotice& notice) {
    listener_.committed(notice);
}

void RecordStore::pump() {
    for (const RecordReport& report : mailbox_.takeAll()) {
        take(report);
    }
    feed();
}

void RecordStore::take(const RecordReport& report) {
    if (report.failure) {
        takeFailure(report);
    } else if (!report.committed.empty()) {
        if (const auto failures = failing_.succeeded()) {
            base::logInfo(base::cat("the ", format_->name(), " store stores again after ",
                                    *failures, " failed batches"));
        }
    }
    for (const uint64_t ticket : report.committed) {
        auto done = answers_.extract(ticket);
        EVD_CHECK(!done.empty(), "a writer reports what it was given, once");
        if (done.mapped().number == kOwnBatch) {
            own_is_under_way_ = false;
        } else {
            lane_.committed(done.mapped().number);
        }
        done.mapped().answer->give({});
    }
    for (const uint64_t ticket : report.given_up) {
        giveUp(ticket);
    }
    if (!report.trouble.empty()) {
        base::logError(report.trouble);
        listener_.storageFailed(format_->name(), report.trouble);
    }
}

// One line and one storage_error per episode: the sender keeps its batches and comes again, or
// drops and counts them.
void RecordStore::takeFailure(const RecordReport& report) {
    if (failing_.failed(clock_.monotonicNs())) {
        base::logError(base::cat("the ", format_->name(), " store: ", report.failure->text, ", ",
                                 report.given_up.size(), " batches not stored now"));
        listener_.storageFailed(format_->name(), report.failure->text);
    }
    if (report.failure->kind == base::ErrorKind::Io) {
        listener_.diskFailed();  // Spec §11, disk full
    }
}

void RecordStore::giveUp(uint64_t ticket) {
    auto done = answers_.extract(ticket);
    EVD_CHECK(!done.empty(), "a writer reports what it was given, once");
    const UnderWay& under_way = done.mapped();
    if (under_way.number == kOwnBatch) {
        own_is_under_way_ = false;
    } else {
        lane_.failed(under_way.number, under_way.epoch);
    }
    under_way.answer->give(
        base::fail(base::ErrorKind::Busy, "the batch could not be committed now"));
}

void RecordStore::stopWriter() {
    refuseBatches();
    if (writer_ != nullptr) {
        writer_->stop();
    }
}

void RecordStore::configure(BatchPolicy::Limits limits, int64_t checkpoint_bytes) {
    if (writer_ != nullptr) {
        writer_->setLimits(limits, checkpoint_bytes);
    }
}

void RecordStore::addMeasures(std::vector<wire::Measure>& measures) const {
    const auto figures = writer_ == nullptr ? RecordWriter::Figures() : writer_->figures();
    const auto add = [&](std::string_view name, int64_t value) {
        measures.push_back({base::cat(format_->measures(), '.', name), value});
    };
    add("rows", static_cast<int64_t>(figures.rows_written));
    add("bytes", fileBytes(path_));
    figures.addMeasures(add);
    add("refused_batches", static_cast<int64_t>(refused_batches_));
    add("repeated_batches", static_cast<int64_t>(repeated_batches_));
    add("skipped_records", static_cast<int64_t>(figures.skipped_records));
    add("dropped_records", static_cast<int64_t>(figures.dropped_records));
    add("lost_records", static_cast<int64_t>(lost_records_));
    add("quarantined_files", quarantined_.count(clock_.monotonicNs()));
    format_->addMeasures(measures);
}

}  // namespace evd::store
